#include "lb/probe/request_fields.h"

#include <string>

namespace weir::probe {

http::FieldList request_fields(const model::HealthCheck& check, const base::SocketAddress& address) {
  http::FieldList fields, own;
  for (const auto& [name, value] : check.headers) own.add(name, value);
  if (!own.has(http::FieldId::host)) {
    const std::string address_text = address.is_unix() ? "localhost" : address.to_string();
    fields.add(http::FieldId::host, "Host", check.host ? *check.host : address_text);
  }
  if (!own.has(http::FieldId::user_agent)) {
    fields.add(http::FieldId::user_agent, "User-Agent", "weir/health-check");
  }
  for (std::size_t i = 0; i < own.size(); ++i) {
    const http::Field field = own[i];
    if (field.id != http::FieldId::connection) fields.add(field.id, field.name, field.value);
  }
  return fields;
}

}  // namespace weir::probe
