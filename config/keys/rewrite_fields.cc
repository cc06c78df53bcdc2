#include <algorithm>

#include "config/keys/http_values.h"
#include "config/keys/routing_fields.h"
#include "config/keys/scalars.h"
#include "config/keys/texts.h"
#include "lb/base/text.h"
#include "lb/model/template.h"

namespace weir::config {

using model::FieldEdit;
using model::FieldEdits;
using model::Rewrite;
using model::Rule;
using model::Substitution;
using model::Template;

namespace {

using Variable = Template::Variable;

constexpr Variable kOfFields[] = {Variable::client,   Variable::request_id, Variable::zone, Variable::target,
                                  Variable::listener, Variable::rule,       Variable::host, Variable::scheme,
                                  Variable::port,     Variable::path,       Variable::query};
constexpr Variable kOfRedirects[] = {Variable::scheme, Variable::host, Variable::port, Variable::path,
                                     Variable::query};

Codec<Template> text_with(std::span<const Variable> variables, const Codec<std::string>& text) {
  return {.expected = text.expected,
          .read = [variables, text](const Value& value) -> std::optional<Template> {
            const auto read = text.read(value);
            if (!read) return std::nullopt;
            auto parsed = model::parse_template(*read, variables);
            if (parsed) return *std::move(parsed);
            const model::TemplateError& error = parsed.error();
            value.report().add<Message::variable_unknown>(
                value.part(error.at, error.variable.empty() ? 2 : error.variable.size() + 3), error.message);
            return std::nullopt;
          },
          .write =
              [](const Template& written) {
                return written.parts.empty() ? Json() : Json(write_text(to_string(written)));
              },
          .schema = text.schema};
}

// --- rewrites

Codec<std::string> path_prefix() {
  return checked_text<Message::path_prefix>(
      "a path", pattern_schema("^/[!-\"$-~]*$"), [](std::string_view text) {
        return text.starts_with('/') &&
               std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '#' && c != '?'; });
      });
}

Codec<std::optional<Substitution>> optional_substitution() { return off_or(substitution()); }

const Table<Rewrite>& path_table() {
  static const Table<Rewrite> table{
      .doc = "The path that the target is asked for: a prefix changed, or an expression",
      .fields = {
          field("strip_prefix", "Taken off, where the path begins with it", &Rewrite::strip_prefix,
                off_as<std::string>("", path_prefix())),
          field("add_prefix", "Put in front, afterwards", &Rewrite::add_prefix,
                off_as<std::string>("", path_prefix())),
          field("regex", "An expression and what takes the place of what it finds", &Rewrite::path_regex,
                optional_substitution()),
      }};
  return table;
}

const Table<Rewrite>& host_table() {
  static const Table<Rewrite> table{
      .doc = "The Host that the target gets: an expression",
      .fields = {required(field("regex", "An expression and what takes the place of what it finds",
                                &Rewrite::host_regex, optional_substitution()))}};
  return table;
}

Field<Rewrite> host_rewrite() {
  const auto literal = request_host();
  const auto by_regex = section_codec(host_table());
  return {.key = "host",
          .doc = "The Host that the target gets",
          .read =
              [literal, by_regex](const Value& value, Rewrite& rewrite) {
                if (is_off(value)) return;
                if (value.kind() == Node::Kind::map) {
                  if (auto read = by_regex.read(value)) rewrite.host_regex = std::move(read->host_regex);
                } else {
                  rewrite.host = literal.read(value.or_word("off"));
                }
              },
          .write =
              [literal, by_regex](const Rewrite& rewrite) {
                if (rewrite.host_regex) return by_regex.write(rewrite);
                return rewrite.host ? literal.write(*rewrite.host) : Json("off");
              },
          .schema = either_schema(off_schema(), either_schema(literal.schema, by_regex.schema))};
}

Field<Rewrite> path_rewrite() {
  return {.key = "path",
          .doc = path_table().doc,
          .read =
              [](const Value& value, Rewrite& rewrite) {
                read_table(path_table(), value, rewrite);
                const bool prefixes = !rewrite.strip_prefix.empty() || !rewrite.add_prefix.empty();
                if (rewrite.path_regex && prefixes) {
                  value.report().add<Message::keys_exclude>(
                      value.where(), "regex", rewrite.strip_prefix.empty() ? "add_prefix" : "strip_prefix");
                }
              },
          .write = [](const Rewrite& rewrite) { return write_table(path_table(), rewrite); },
          .schema = schema_of(path_table())};
}

const Table<Rewrite>& rewrite_table() {
  static const Table<Rewrite> table{.doc = "Changes what the target is asked for, not which rule it is",
                                    .fields = {host_rewrite(), path_rewrite()}};
  return table;
}

// --- headers

using Edits = std::vector<FieldEdit>;

Codec<Edits> edits() {
  const auto inner = fields_of(field_template(), FieldNames::settable);
  return {.expected = inner.expected,
          .read = [read = inner.read](const Value& value) -> std::optional<Edits> {
            auto fields = read(value);
            if (!fields) return std::nullopt;
            Edits list;
            for (auto& [name, text] : *fields) list.push_back({std::move(name), std::move(text)});
            return list;
          },
          .write =
              [write = inner.write](const Edits& list) {
                std::vector<std::pair<std::string, Template>> pairs;
                for (const FieldEdit& edit : list) pairs.emplace_back(edit.name, edit.value);
                return write(pairs);
              },
          .schema = inner.schema};
}

const Table<FieldEdits>& edits_table() {
  static const Table<FieldEdits> table{
      .doc = "Headers that are removed, then set, then added",
      .fields = {
          field("remove", "Names", &FieldEdits::remove, list_of(field_name())),
          field("set", "In place of all of that name", &FieldEdits::set, edits()),
          field("add", "Beside those that are there", &FieldEdits::add, edits()),
      }};
  return table;
}

const Table<Rule>& headers_table() {
  static const Table<Rule> table{.doc = "Changes of headers, after those that weir makes itself",
                                 .fields = {
                                     section("request", &Rule::request_fields, edits_table()),
                                     section("response", &Rule::response_fields, edits_table()),
                                 }};
  return table;
}

}  // namespace

Codec<Template> field_template() { return text_with(kOfFields, field_value()); }

Codec<Template> redirect_template() {
  const Json schema{{"type", {"string", "number"}}};
  return text_with(kOfRedirects, free_text("a part of a URL", schema));
}

Field<Rule> rewrite_field() { return section("rewrite", &Rule::rewrite, rewrite_table()); }

Field<Rule> headers_field() {
  return {.key = "headers",
          .doc = headers_table().doc,
          .read = [](const Value& value, Rule& rule) { read_table(headers_table(), value, rule); },
          .write = [](const Rule& rule) { return write_table(headers_table(), rule); },
          .schema = schema_of(headers_table())};
}

}  // namespace weir::config
