#include <algorithm>

#include "config/keys/http_values.h"
#include "config/keys/routing_fields.h"
#include "config/keys/scalars.h"
#include "config/keys/texts.h"
#include "lb/base/text.h"
#include "lb/http/syntax.h"

namespace weir::config {

using model::Match;
using model::NamedPatterns;
using model::Pattern;
using model::Rule;

namespace {

using CheckName = bool (*)(const Value& member);

bool is_header_name(const Value& member) { return check_field_name(member, FieldNames::any); }

template <Message Complaint>
bool is_token_name(const Value& member) {
  if (http::is_token(member.key())) return true;
  member.report().add<Complaint>(member.key_where(), shown(member.key()), "cookie");
  return false;
}

bool is_query_name(const Value& member) {
  if (!member.key().empty()) return true;
  member.report().add<Message::hash_name>(member.key_where(), "", "query parameter");
  return false;
}

// A map of names, each with one pattern or a list of them.
Codec<std::vector<NamedPatterns>> named_patterns(Pattern::Case letters, CheckName check) {
  const auto inner = list_of(pattern(letters), ListSize::not_empty);
  return {
      .expected = "a map of names and patterns",
      .read = [read = inner.read, check](const Value& value) -> std::optional<std::vector<NamedPatterns>> {
        const auto entries = value.entries("a map of names and patterns");
        if (!entries) return std::nullopt;
        std::vector<NamedPatterns> named;
        for (const Entry& entry : *entries) {
          const Value member = value.member(entry);
          const bool good = check(member);
          auto patterns = read(member);
          if (!good || !patterns) continue;
          named.push_back({entry.key->text, *std::move(patterns), member.key_place()});
        }
        if (entries->empty()) value.report().add<Message::empty_list>(value.where());
        return named;
      },
      .write =
          [write = inner.write](const std::vector<NamedPatterns>& named) {
            Json json = Json::object();
            for (const NamedPatterns& one : named) json[one.name] = write(one.values);
            return json;
          },
      .schema = {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", inner.schema}}};
}

// One that asks for nothing is not written: it could not be read again.
template <class V>
Field<Match> condition(const std::string& key, const std::string& doc, std::vector<V> Match::* member,
                       const Codec<std::vector<V>>& codec) {
  auto result = field(key, doc, member, codec);
  result.write = [member, write = std::move(result.write)](const Match& match) {
    return (match.*member).empty() ? Json() : write(match);
  };
  return result;
}

Codec<std::vector<NamedPatterns>> header_patterns() {
  auto codec = named_patterns(Pattern::Case::insensitive, is_header_name);
  codec.read = [read = codec.read](const Value& value) {
    auto named = read(value);
    if (named) {
      for (NamedPatterns& one : *named) one.name = base::to_lower(one.name);
    }
    return named;
  };
  return codec;
}

const Table<Match>& match_table() {
  static const Table<Match> table{
      .doc = "What a request has to be: all of it has to hold, and of the values of one key any",
      .fields = {
          condition("host", "Patterns of the Host without its port, in letters of either case", &Match::hosts,
                    list_of(host_pattern(), ListSize::not_empty)),
          condition("path", "Patterns of the decoded and normalised path, in its own case", &Match::paths,
                    list_of(path_pattern(), ListSize::not_empty)),
          condition("method", "Exactly one of these", &Match::methods,
                    list_of(any_method(), ListSize::not_empty)),
          condition("header", "Headers, each with patterns of its value, in letters of either case",
                    &Match::headers, header_patterns()),
          condition("query",
                    "Parameters of the query, decoded, each with patterns of its value, in either case; "
                    "the name '*' stands for any",
                    &Match::query, named_patterns(Pattern::Case::insensitive, is_query_name)),
          condition("cookie", "Cookies, each with patterns of its value", &Match::cookies,
                    named_patterns(Pattern::Case::sensitive, is_token_name<Message::hash_name>)),
          condition("source", "Blocks that the client's address has to be in", &Match::sources,
                    list_of(cidr(), ListSize::not_empty)),
      }};
  return table;
}

}  // namespace

Field<Rule> match_field() {
  auto result = section("match", &Rule::match, match_table());
  return result;
}

}  // namespace weir::config
