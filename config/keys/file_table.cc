#include "config/keys/scalars.h"
#include "config/keys/tables.h"

namespace weir::config {

using model::Snapshot;

namespace {

// A section whose keys are names that the user gives.
template <class Item>
Field<Snapshot> named(const std::string& key, const std::string& doc, std::vector<Item> Snapshot::* member,
                      const Table<Item>& table) {
  Json schema{{"type", "object"},
              {"propertyNames", {{"pattern", name_pattern()}}},
              {"additionalProperties", schema_of(table)}};
  return {.key = key,
          .doc = doc,
          .read =
              [member, &table](const Value& value, Snapshot& snapshot) {
                const auto entries = value.entries("a map of names");
                if (!entries) return;
                for (const Entry& entry : *entries) {
                  const Value item_value = value.member(entry);
                  if (!is_name(entry.key->text)) {
                    value.report().add<Message::not_a_name>(item_value.key_where(), shown(entry.key->text));
                  }
                  Item item;
                  item.name = entry.key->text;
                  item.place = entry.key->source->place(entry.key->offset);
                  read_table(table, item_value, item);
                  (snapshot.*member).push_back(std::move(item));
                }
              },
          .write =
              [member, &table](const Snapshot& snapshot) {
                Json json = Json::object();
                for (const Item& item : snapshot.*member) json[item.name] = write_table(table, item);
                return json;
              },
          .schema = std::move(schema)};
}

// Read before everything else (files.h): here it only has its place in the description.
Field<Snapshot> include_field() {
  const auto codec = list_of(file_pattern());
  return {.key = "include",
          .doc = "Patterns of further files, relative to this one: conf.d/*.yaml",
          .read = [](const Value&, Snapshot&) {},
          .write = [](const Snapshot&) { return Json(); },
          .schema = codec.schema};
}

}  // namespace

const Table<Snapshot>& file_table() {
  static const Table<Snapshot> table{
      .doc = "The configuration of weir",
      .fields = {
          include_field(),
          section("process", &Snapshot::process, process_table()),
          section("admin", &Snapshot::admin, admin_table()),
          section("log", &Snapshot::log, log_table()),
          section("tracing", &Snapshot::tracing, tracing_table()),
          section("secrets", &Snapshot::secrets, secrets_table()),
          named("listeners", "Addresses that accept clients, by name", &Snapshot::listeners,
                listener_table()),
          named("target_groups", "Pools of targets, by name", &Snapshot::target_groups, target_group_table()),
          routing_tests_field(),
      }};
  return table;
}

}  // namespace weir::config
