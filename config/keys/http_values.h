#pragma once

#include <utility>

#include "config/keys/codec.h"
#include "lb/model/health_check.h"
#include "lb/model/rule.h"

// What stands in a request or response, or is held against one.
namespace weir::config {

Codec<std::string> request_path();  // with its query
Codec<std::string> request_method();
Codec<std::string> any_method();   // of a client
Codec<std::string> request_url();  // http or https, with a host
Codec<std::string> request_host();
Codec<std::string> field_value();
Codec<model::StatusRange> status_range();     // 200 or 200-399
Codec<model::StatusRange> grpc_code_range();  // 12 or 0-99
Codec<std::string> grpc_service();            // of grpc.health.v1; off: the server as a whole

Codec<model::Pattern> pattern(model::Pattern::Case letters = model::Pattern::Case::sensitive);
Codec<model::Pattern> host_pattern();
Codec<model::Pattern> path_pattern();  // of the decoded path
Codec<model::Substitution> substitution();
Codec<model::Pattern> part_pattern();  // as model::Pattern::parse_part

Codec<std::string> field_name();  // settable, in lower case
Codec<std::string> cookie_name();

enum class FieldNames {
  any,
  settable,  // without those that frame a message or belong to the connection
};
// Reports a name that is none, or that is not settable.
bool check_field_name(const Value& member, FieldNames names);

// A map of header names, as they are written.
template <class V>
Codec<std::vector<std::pair<std::string, V>>> fields_of(Codec<V> inner, FieldNames names) {
  using Fields = std::vector<std::pair<std::string, V>>;
  return {.expected = "a map of headers",
          .read = [read = inner.read, names](const Value& value) -> std::optional<Fields> {
            const auto entries = value.entries("a map of headers");
            if (!entries) return std::nullopt;
            Fields fields;
            for (const Entry& entry : *entries) {
              const Value member = value.member(entry);
              const bool named = check_field_name(member, names);
              auto v = read(member);
              if (named && v) fields.emplace_back(entry.key->text, *std::move(v));
            }
            return fields;
          },
          .write =
              [write = inner.write](const Fields& fields) {
                Json json = Json::object();
                for (const auto& [name, v] : fields) json[name] = write(v);
                return json;
              },
          .schema = {{"type", "object"}, {"additionalProperties", inner.schema}}};
}

}  // namespace weir::config
