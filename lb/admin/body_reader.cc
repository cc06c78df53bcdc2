#include "lb/admin/body_reader.h"

#include <fmt/format.h>

#include <set>

#include "lb/base/text.h"

namespace weir::admin {
namespace {

using nlohmann::json;

constexpr std::size_t kShown = 64;

// Not what is inside of others: how deep that goes is up to the sender.
std::string shown(const json& value) {
  if (value.is_string()) return "a text";
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  return base::escape(value.dump(-1, ' ', false, json::error_handler_t::replace), kShown);
}

}  // namespace

BodyReader::BodyReader(std::string_view body) {
  if (body.empty()) return;
  if (body.size() > kMost) {
    complaint_ = fmt::format("the body may have {} bytes at the most here", kMost);
    status_ = 413;
    return;
  }
  std::set<std::pair<int, std::string>> seen;
  std::string twice;
  const auto note_members = [&](int depth, json::parse_event_t event, json& parsed) {
    if (event != json::parse_event_t::key) return true;
    const auto& name = parsed.get_ref<const std::string&>();
    if (!seen.emplace(depth, name).second && twice.empty()) twice = name;
    return true;
  };
  json document = json::parse(body, note_members, false);
  if (document.is_discarded() || !document.is_object()) {
    complaint_ = "the body has to be a JSON object";
  } else if (!twice.empty()) {
    complain(twice, "is given twice");
  } else {
    members_ = std::move(document);
  }
}

std::optional<std::string> BodyReader::text(const char* member) {
  auto value = take(member);
  if (!value) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  complain(member, fmt::format("expected a text, found {}", shown(*value)));
  return std::nullopt;
}

std::optional<std::uint32_t> BodyReader::number(const char* member, std::uint32_t least, std::uint32_t most) {
  auto value = take(member);
  if (!value) return std::nullopt;
  if (value->is_number_unsigned() && *value >= least && *value <= most) return value->get<std::uint32_t>();
  complain(member, fmt::format("expected a number in {}-{}, found {}", least, most, shown(*value)));
  return std::nullopt;
}

std::optional<bool> BodyReader::flag(const char* member) {
  auto value = take(member);
  if (!value) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  complain(member, fmt::format("expected true or false, found {}", shown(*value)));
  return std::nullopt;
}

std::optional<BodyReader::Pairs> BodyReader::pairs(const char* member) {
  auto value = take(member);
  if (!value) return std::nullopt;
  Pairs pairs;
  const auto add = [&](const json& name, const json& text) {
    const bool fits = name.is_string() && text.is_string();
    if (fits) pairs.emplace_back(name.get<std::string>(), text.get<std::string>());
    return fits;
  };
  bool fits = value->is_array() || value->is_object();
  if (value->is_object()) {
    for (const auto& [name, text] : value->items()) fits = fits && add(name, text);
  } else if (fits) {
    for (const json& pair : *value)
      fits = fits && pair.is_array() && pair.size() == 2 && add(pair[0], pair[1]);
  }
  if (fits) return pairs;
  complain(member, "expected a list of [name, value], or an object, of texts");
  return std::nullopt;
}

void BodyReader::complain(std::string_view member, std::string_view what) {
  if (complaint_.empty()) complaint_ = fmt::format("{}: {}", base::escape(member, kShown), what);
}

std::optional<Response> BodyReader::refusal() {
  if (!members_.empty()) complain(members_.begin().key(), "is no member that is known here");
  if (complaint_.empty()) return std::nullopt;
  return problem(status_, complaint_);
}

std::optional<json> BodyReader::take(const char* member) {
  const auto found = members_.find(member);
  if (found == members_.end()) return std::nullopt;
  json value = std::move(*found);
  members_.erase(found);
  return value;
}

}  // namespace weir::admin
