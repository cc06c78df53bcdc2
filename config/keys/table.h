#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/keys/codec.h"

// The declarative description of the file: a Table per section, a Field per key. The reader, the
// check for unknown keys, the JSON Schema and the effective configuration all come from it.
// Defaults are those of the model's member initialisers and stand nowhere else.
namespace weir::config {

template <class Owner>
struct Field {
  std::string key;
  std::string doc;  // one line, for the schema
  std::function<void(const Value&, Owner&)> read;
  std::function<Json(const Owner&)> write;  // null: not a part of the effective configuration
  Json schema;
  bool required = false;
  std::vector<std::string> instead = {};  // of a required key: others that may stand in its place
};

template <class Owner>
struct Table {
  std::string doc;
  std::vector<Field<Owner>> fields;
};

// A key whose value is a member.
template <class Owner, class V>
Field<Owner> field(const std::string& key, const std::string& doc, V Owner::* member, Codec<V> codec) {
  return {.key = key,
          .doc = doc,
          .read =
              [member, read = codec.read](const Value& value, Owner& owner) {
                if (auto v = read(value)) owner.*member = *std::move(v);
              },
          .write = [member, write = codec.write](const Owner& owner) { return write(owner.*member); },
          .schema = std::move(codec.schema)};
}

// A key whose value is kept in another shape.
template <class Owner, class V>
Field<Owner> mapped_field(const std::string& key, const std::string& doc, Codec<V> codec,
                          std::function<void(Owner&, V)> set, std::function<V(const Owner&)> get) {
  return {
      .key = key,
      .doc = doc,
      .read =
          [read = codec.read, set = std::move(set)](const Value& value, Owner& owner) {
            if (auto v = read(value)) set(owner, *std::move(v));
          },
      .write = [write = codec.write, get = std::move(get)](const Owner& owner) { return write(get(owner)); },
      .schema = std::move(codec.schema)};
}

template <class Owner>
Field<Owner> required(Field<Owner> field) {
  field.required = true;
  return field;
}

template <class Owner>
Field<Owner> required_unless(std::vector<std::string> instead, Field<Owner> field) {
  field.required = true;
  field.instead = std::move(instead);
  return field;
}

// Also notes where the value stands.
template <class Owner>
Field<Owner> placed(model::Place Owner::* place, Field<Owner> field) {
  field.read = [place, read = std::move(field.read)](const Value& value, Owner& owner) {
    owner.*place = value.place();
    read(value, owner);
  };
  return field;
}

// What the untyped half of reading a table needs to know of a key.
struct KeyRule {
  std::string name;
  bool required;
  std::vector<std::string> instead;
};

// For each rule the entry that bears its name; reports unknown and missing keys. Empty: not a map.
std::optional<std::vector<std::optional<Entry>>> match_keys(const Value& map,
                                                            const std::vector<KeyRule>& rules);

Json table_schema(const std::string& doc);
void add_property(Json& table, const std::string& key, const std::string& doc, Json schema,
                  Json default_value);
void require_key(Json& table, const std::string& key, const std::vector<std::string>& instead);

// False when `value` is no map.
template <class Owner>
bool read_table(const Table<Owner>& table, const Value& value, Owner& owner) {
  std::vector<KeyRule> rules;
  rules.reserve(table.fields.size());
  for (const auto& field : table.fields)
    rules.push_back({.name = field.key, .required = field.required, .instead = field.instead});
  const auto found = match_keys(value, rules);
  if (!found) return false;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if ((*found)[i]) table.fields[i].read(value.member(*(*found)[i]), owner);
  }
  return true;
}

template <class Owner>
Json write_table(const Table<Owner>& table, const Owner& owner) {
  Json json = Json::object();
  for (const auto& field : table.fields) {
    Json value = field.write(owner);
    if (!value.is_null()) json[field.key] = std::move(value);
  }
  return json;
}

template <class Owner>
Json schema_of(const Table<Owner>& table, const Owner& defaults = {}) {
  Json json = table_schema(table.doc);
  for (const auto& field : table.fields) {
    Json default_value = field.required ? Json() : field.write(defaults);
    add_property(json, field.key, field.doc, field.schema, std::move(default_value));
    if (field.required) require_key(json, field.key, field.instead);
  }
  return json;
}

// A section as a value, for where a word may stand in its place. Copies of it share the table: tables stand
// in tables, and every level would copy all below it.
template <class Section>
Codec<Section> section_codec(Table<Section> table) {
  Json schema = schema_of(table);
  const auto shared = std::make_shared<const Table<Section>>(std::move(table));
  return {.expected = "a map of keys",
          .read = [shared](const Value& value) -> std::optional<Section> {
            Section section;
            if (!read_table(*shared, value, section)) return std::nullopt;
            return section;
          },
          .write = [shared](const Section& section) { return write_table(*shared, section); },
          .schema = std::move(schema)};
}

// A key that holds a section.
template <class Owner, class Section>
Field<Owner> section(const std::string& key, Section Owner::* member, Table<Section> table) {
  Json schema = schema_of(table, Owner{}.*member);
  const auto shared = std::make_shared<const Table<Section>>(std::move(table));
  return {.key = key,
          .doc = shared->doc,
          .read = [member, shared](const Value& value,
                                   Owner& owner) { read_table(*shared, value, owner.*member); },
          .write = [member, shared](const Owner& owner) { return write_table(*shared, owner.*member); },
          .schema = std::move(schema)};
}

}  // namespace weir::config
