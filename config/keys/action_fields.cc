#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iterator>

#include "config/keys/file_path.h"
#include "config/keys/http_values.h"
#include "config/keys/routing_fields.h"
#include "config/keys/scalars.h"
#include "config/keys/texts.h"
#include "config/read_file.h"
#include "lb/base/text.h"

namespace weir::config {

using namespace std::chrono_literals;
using model::Action;
using model::ForwardAction;
using model::RespondAction;
using model::WeightedGroup;

namespace {

constexpr std::size_t kMostBody = std::size_t{64} << 10;

// --- forward

Codec<std::vector<WeightedGroup>> weighted_groups() {
  const auto weight = number32(0, model::kMostWeight);
  return {.expected = "a map of target groups and weights",
          .read = [weight](const Value& value) -> std::optional<std::vector<WeightedGroup>> {
            const auto entries = value.entries("a map of target groups and weights");
            if (!entries) return std::nullopt;
            std::vector<WeightedGroup> groups;
            for (const Entry& entry : *entries) {
              const Value member = value.member(entry);
              const auto read = weight.read(member);
              if (read) groups.push_back({entry.key->text, *read, member.key_place()});
            }
            if (entries->empty()) value.report().add<Message::empty_list>(value.where());
            if (groups.size() != entries->size() || groups.empty()) return std::nullopt;
            return groups;
          },
          .write =
              [weight](const std::vector<WeightedGroup>& groups) {
                Json json = Json::object();
                for (const WeightedGroup& group : groups)
                  json[group.target_group] = weight.write(group.weight);
                return json;
              },
          .schema = {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", weight.schema}}};
}

const Table<ForwardAction>& forward_table() {
  static const Table<ForwardAction> table{
      .doc = "Target groups that share the requests",
      .fields = {
          required(field("groups", "Names and weights; a group of weight 0 gets no new clients",
                         &ForwardAction::groups, weighted_groups())),
          field("stickiness", "For how long a client stays with its group", &ForwardAction::stickiness,
                off_or(duration(1s, 168h))),
      }};
  return table;
}

Codec<ForwardAction> forward() {
  const auto name = group_name();
  const auto groups = section_codec(forward_table());
  return {.expected = name.expected + " or a map of groups",
          .read = [name, groups](const Value& value) -> std::optional<ForwardAction> {
            if (value.kind() == Node::Kind::map) return groups.read(value);
            auto one = name.read(value);
            if (!one) return std::nullopt;
            return ForwardAction{.groups = {{.target_group = *std::move(one), .place = value.place()}}};
          },
          .write =
              [name, groups](const ForwardAction& action) {
                const bool plain =
                    action.groups.size() == 1 && action.groups[0].weight == 1 && !action.stickiness;
                return plain ? name.write(action.groups[0].target_group) : groups.write(action);
              },
          .schema = either_schema(name.schema, groups.schema)};
}

// --- respond

bool check_body_size(const Value& value, std::size_t size) {
  if (size <= kMostBody) return true;
  value.report().add<Message::body_too_large>(value.where());
  return false;
}

std::optional<std::string> read_body(const Value& value, const std::string& path) {
  value.report().note_file(path);
  auto text = read_file(path, kMostBody, Accept::regular);
  if (text) return *std::move(text);
  switch (text.error().error) {
    case ReadError::system:
      value.report().add<Message::cannot_read>(value.where(), shown(path),
                                               std::strerror(text.error().system_error));
      break;
    case ReadError::not_regular: value.report().add<Message::not_a_file>(value.where(), shown(path)); break;
    case ReadError::too_large: value.report().add<Message::body_too_large>(value.where()); break;
  }
  return std::nullopt;
}

Field<RespondAction> body_field() {
  const auto codec = free_text("a text", {{"type", {"string", "number", "boolean"}}});
  auto result = field("body", "What the client gets; at most 64 KiB", &RespondAction::body, codec);
  result.read = [read = codec.read](const Value& value, RespondAction& action) {
    auto text = read(value);
    if (text && check_body_size(value, text->size())) action.body = *std::move(text);
  };
  result.write = [](const RespondAction& action) {
    return action.body_file.empty() ? write_text(action.body) : Json();
  };
  return result;
}

Field<RespondAction> body_file_field() {
  const auto codec = off_as<std::string>("", free_text("the path of a file", pattern_schema(".")));
  auto result =
      field("body_file", "A file that holds the body, relative to this one, read when the configuration is",
            &RespondAction::body_file, codec);
  result.read = [read = codec.read](const Value& value, RespondAction& action) {
    const auto path = read(value);
    if (!path || is_off(value)) return;
    const std::string file = beside(value, *path);
    auto text = value.report().other_files() ? read_body(value, file) : std::string();
    if (!action.body.empty())
      value.report().add<Message::keys_exclude>(value.key_where(), "body", "body_file");
    if (!text) return;
    action.body = *std::move(text);
    action.body_file = std::filesystem::absolute(file).string();
  };
  return result;
}

Field<RespondAction> own_headers_field() {
  auto result = field("headers", "Further headers of the answer", &RespondAction::headers,
                      fields_of(field_value(), FieldNames::settable));
  result.read = [read = std::move(result.read)](const Value& value, RespondAction& action) {
    read(value, action);
    for (const auto& [name, text] : action.headers) {
      if (!base::equals_ignoring_case(name, "content-type")) continue;
      value.report().add_with_hint<Message::field_reserved>(value.key_where(),
                                                            "the key 'content_type' sets it", shown(name));
    }
  };
  return result;
}

const Table<RespondAction>& respond_table() {
  static const Table<RespondAction> table{
      .doc = "weir answers itself",
      .fields = {
          field("status", "200-599", &RespondAction::status, number16(200, 599)),
          field("content_type", "Of the body", &RespondAction::content_type, field_value()),
          body_field(),
          body_file_field(),
          own_headers_field(),
      }};
  return table;
}

// --- one of them

model::Place place_of(const Action& action) {
  return std::visit([](const auto& which) { return which.place; }, action);
}

constexpr std::string_view kKeys[] = {"forward", "redirect", "respond"};

template <class Owner, class Which>
Field<Owner> action_field(Action Owner::* member, const std::string& doc, const Codec<Which>& codec,
                          std::size_t index) {
  return {.key = std::string(kKeys[index]),
          .doc = doc,
          .read =
              [member, read = codec.read, index](const Value& value, Owner& owner) {
                Action& action = owner.*member;
                if (place_of(action).line != 0) {
                  value.report().add<Message::keys_exclude>(value.key_where(), kKeys[action.index()],
                                                            kKeys[index]);
                  return;
                }
                auto which = read(value);
                if (!which) return;
                which->place = value.place();
                action = *std::move(which);
              },
          .write =
              [member, write = codec.write](const Owner& owner) {
                const auto* const which = std::get_if<Which>(&(owner.*member));
                return which == nullptr ? Json() : write(*which);
              },
          .schema = codec.schema};
}

}  // namespace

template <class Owner>
std::vector<Field<Owner>> action_fields(Action Owner::* member) {
  return {
      required_unless(
          {"redirect", "respond"},
          action_field(member, "The target group that answers, or several with weights", forward(), 0)),
      action_field(member, "Another URL for the client", redirect(), 1),
      action_field(member, "An answer of weir's own", section_codec(respond_table()), 2),
  };
}

template std::vector<Field<model::Rule>> action_fields(Action model::Rule::* member);
template std::vector<Field<model::Listener>> action_fields(Action model::Listener::* member);

}  // namespace weir::config
