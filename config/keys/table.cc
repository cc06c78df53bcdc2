#include "config/keys/table.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>

#include "config/nearest.h"

namespace weir::config {
namespace {

const KeyRule* rule_named(const std::vector<KeyRule>& rules, std::string_view name) {
  const auto found = std::ranges::find(rules, name, &KeyRule::name);
  return found == rules.end() ? nullptr : &*found;
}

// Returns the key that was probably meant; null if there is none.
const KeyRule* report_unknown(const Value& map, const Entry& entry, const std::vector<KeyRule>& rules) {
  // `key:value` without a space is one word to YAML.
  const std::string& text = entry.key->text;
  if (const std::size_t colon = text.find(':');
      entry.value->kind == Node::Kind::null && colon != std::string::npos) {
    map.report().add<Message::syntax_space>(where_of(*entry.key, map.path()), shown(text.substr(0, colon)));
    return rule_named(rules, text.substr(0, colon));
  }
  std::vector<std::string> names;
  names.reserve(rules.size());
  for (const KeyRule& rule : rules) names.push_back(rule.name);
  map.report().add_with_hint<Message::unknown_key>(where_of(*entry.key, map.path()), suggest(text, names),
                                                   shown(text));
  const std::string* const meant = nearest(text, names);
  return meant == nullptr ? nullptr : rule_named(rules, *meant);
}

}  // namespace

std::optional<std::vector<std::optional<Entry>>> match_keys(const Value& map,
                                                            const std::vector<KeyRule>& rules) {
  const auto entries = map.entries("a map of keys");
  if (!entries) return std::nullopt;
  std::unordered_map<std::string_view, std::size_t> index;
  for (std::size_t i = 0; i < rules.size(); ++i) index.emplace(rules[i].name, i);
  std::vector<std::optional<Entry>> matched(rules.size());
  std::vector<const KeyRule*> misspelt;
  for (const Entry& entry : *entries) {
    const auto found = index.find(entry.key->text);
    if (found == index.end()) {
      misspelt.push_back(report_unknown(map, entry, rules));
    } else {
      matched[found->second] = entry;
    }
  }
  const auto attempted = [&](std::string_view name) {
    const auto rule = index.find(name);
    return rule != index.end() &&
           (matched[rule->second] || std::ranges::find(misspelt, &rules[rule->second]) != misspelt.end());
  };
  for (const KeyRule& rule : rules) {
    if (!rule.required || attempted(rule.name) || std::ranges::any_of(rule.instead, attempted)) continue;
    const std::string hint =
        rule.instead.empty() ? ""
                             : fmt::format("'{}' may stand in its place", fmt::join(rule.instead, "' or '"));
    map.report().add_with_hint<Message::missing_key>(map.key_where(), hint, rule.name);
  }
  return matched;
}

Json table_schema(const std::string& doc) {
  return {{"type", "object"},
          {"description", doc},
          {"additionalProperties", false},
          {"properties", Json::object()}};
}

void add_property(Json& table, const std::string& key, const std::string& doc, Json schema,
                  Json default_value) {
  schema["description"] = doc;
  const bool section = schema.contains("properties");
  if (!default_value.is_null() && !section) schema["default"] = std::move(default_value);
  table["properties"][key] = std::move(schema);
}

void require_key(Json& table, const std::string& key, const std::vector<std::string>& instead) {
  if (instead.empty()) {
    table["required"].push_back(key);
    return;
  }
  const auto with = [](const std::string& name) { return Json{{"required", Json::array({name})}}; };
  table["oneOf"] = Json::array({with(key)});
  for (const std::string& other : instead) table["oneOf"].push_back(with(other));
}

}  // namespace weir::config
