#include <algorithm>

#include "config/keys/routing_fields.h"
#include "config/keys/scalars.h"

namespace weir::config {

using namespace std::chrono_literals;
using model::Listener;
using model::Rule;
using model::Sources;

namespace {

// The section of a rule has one key, and the model nothing beside it.
Table<Rule> rule_timeouts_table() {
  return {.doc = "In place of those of the target group",
          .fields = {field("response", "From the whole request to the head of the response; off: the group's",
                           &Rule::response_timeout, off_or(duration(1ms, 24h)))}};
}

Field<Rule> timeouts_field() {
  static const Table<Rule> table = rule_timeouts_table();
  return {.key = "timeouts",
          .doc = table.doc,
          .read = [](const Value& value, Rule& rule) { read_table(table, value, rule); },
          .write = [](const Rule& rule) { return write_table(table, rule); },
          .schema = schema_of(table)};
}

}  // namespace

const Table<Rule>& rule_table() {
  static const Table<Rule> table = [] {
    Table<Rule> rule{.doc = "What is done with the requests that it matches",
                     .fields = {
                         field("name", "In logs, metrics and explanations; rule-1 and so on if left out",
                               &Rule::name, name()),
                         match_field(),
                         rewrite_field(),
                         headers_field(),
                         timeouts_field(),
                     }};
    std::ranges::move(action_fields(&Rule::action), std::back_inserter(rule.fields));
    return rule;
  }();
  return table;
}

namespace {

// Only what is forwarded is rewritten, or waited for.
void check_use(const Value& value, const Rule& rule) {
  if (std::holds_alternative<model::ForwardAction>(rule.action)) return;
  const auto entries = value.entries("a map of keys").value_or(std::vector<Entry>());
  for (const Entry& entry : entries) {
    const std::string& key = entry.key->text;
    const bool used =
        (key == "rewrite" && !rule.rewrite.empty()) || (key == "timeouts" && rule.response_timeout);
    if (used) value.report().add<Message::key_goes_with>(value.member(entry).key_where(), key, "forward");
  }
}

Codec<std::vector<Rule>> rules() {
  const auto one = section_codec(rule_table());
  const auto list = list_of(one);
  return {.expected = "a list of rules",
          .read = [read = one.read](const Value& value) -> std::optional<std::vector<Rule>> {
            const auto items = value.items("a list of rules");
            if (!items) return std::nullopt;
            std::vector<Rule> rules;
            for (const Value& item : *items) {
              auto rule = read(item);
              if (!rule) continue;
              check_use(item, *rule);
              rule->place = item.place();
              if (rule->name.empty()) rule->name = fmt::format("rule-{}", rules.size() + 1);
              rules.push_back(*std::move(rule));
            }
            return rules;
          },
          .write = list.write,
          .schema = list.schema};
}

const Table<Sources>& sources_table() {
  static const Table<Sources> table{
      .doc =
          "Who may send requests: of the blocks that hold the address of the connection the longest prefix "
          "decides; others are let in unless 'allow' has any",
      .fields = {
          field("allow", "Blocks that are let in", &Sources::allow, off_as({}, list_of(cidr()))),
          field("deny", "Blocks that are refused", &Sources::deny, off_as({}, list_of(cidr()))),
      }};
  return table;
}

}  // namespace

Field<Listener> sources_field() { return section("sources", &Listener::sources, sources_table()); }

Field<Listener> rules_field() {
  return field("rules", "In order: the first that matches decides", &Listener::rules, rules());
}

}  // namespace weir::config
