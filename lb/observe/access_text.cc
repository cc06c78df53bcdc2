#include "lb/observe/access_text.h"

#include "lb/base/text.h"
#include "lb/observe/access_line.h"
#include "lb/observe/access_url.h"

namespace weir::observe {
namespace {

using model::AccessField;

constexpr std::size_t kFieldFixedRoom = 64;  // of a field that is no text

// The values of all headers of the name, as one (RFC 9110 5.3).
std::string header_of(const AccessRecord& record, const std::string& name, const Redaction& redaction) {
  std::string value;
  if (record.headers == nullptr) return value;
  for (std::size_t i = 0; i < record.headers->size(); ++i) {
    const http::Field field = (*record.headers)[i];
    if (!base::equals_ignoring_case(field.name, name)) continue;
    if (!value.empty()) value += ", ";
    value += redaction.of_header(name, field.value);
  }
  return value;
}

std::string_view text_of(const AccessRecord& record, AccessField field) {
  switch (field) {
    case AccessField::type: return record.client->type;
    case AccessField::listener: return record.client->listener;
    case AccessField::client: return record.client->address;
    case AccessField::tls_version: return record.client->introduction().tls.version;
    case AccessField::tls_cipher: return record.client->introduction().tls.cipher;
    case AccessField::server_name: return record.client->introduction().tls.server_name;
    case AccessField::proxied_alpn: return record.client->introduction().proxied_alpn;
    case AccessField::proxied_server_name: return record.client->introduction().proxied_tls.server_name;
    case AccessField::proxied_tls_version: return record.client->introduction().proxied_tls.version;
    case AccessField::proxied_tls_cipher: return record.client->introduction().proxied_tls.cipher;
    case AccessField::target_group: return record.target->group;
    case AccessField::target: return record.target->address;
    case AccessField::target_id: return record.target->id;
    case AccessField::zone: return record.target->zone;
    case AccessField::rule: return record.route->rule;
    case AccessField::method: return record.method;
    case AccessField::protocol: return record.protocol;
    case AccessField::user_agent: return record.user_agent;
    case AccessField::request_id: return record.request_id;
    case AccessField::trace_id: return record.trace_id;
    case AccessField::reused: return record.target_connection_reused ? "true" : "false";
    case AccessField::reason: return record.reason;
    case AccessField::classification: return record.classification;
    case AccessField::classification_reason: return record.classification_reason;
    default: return {};
  }
}

void put_url(AccessLine& line, const AccessRecord& record) {
  if (record.authority.empty() && record.request_target.empty()) return line.put('-');
  put_url(line, record, [&](std::string_view part) { line.quoteless(part); });
}

// A field that is no text.
void put_number(AccessLine& line, const AccessRecord& record, AccessField field) {
  switch (field) {
    case AccessField::client_port: return line.number(record.client->port);
    case AccessField::status: return line.number(record.status);
    case AccessField::target_status:
      return record.target_status == 0 ? line.put('-') : line.number(record.target_status);
    case AccessField::grpc_status:
      return record.grpc_status ? line.number(*record.grpc_status) : line.put('-');
    case AccessField::received_bytes: return line.number(record.received_bytes);
    case AccessField::sent_bytes: return line.number(record.sent_bytes);
    case AccessField::queue_seconds: return line.seconds(record.queue);
    case AccessField::connect_seconds: return line.seconds(record.connect);
    case AccessField::first_byte_seconds: return line.seconds(record.first_byte);
    case AccessField::total_seconds: return line.seconds(record.total);
    case AccessField::attempts: return line.number(record.attempts);
    default: break;
  }
}

bool is_number(AccessField field) {
  switch (field) {
    case AccessField::client_port:
    case AccessField::status:
    case AccessField::target_status:
    case AccessField::grpc_status:
    case AccessField::received_bytes:
    case AccessField::sent_bytes:
    case AccessField::queue_seconds:
    case AccessField::connect_seconds:
    case AccessField::first_byte_seconds:
    case AccessField::total_seconds:
    case AccessField::attempts: return true;
    default: return false;
  }
}

// Appends what `put` writes, for which there is so much room.
template <class Put>
void append(std::string& out, std::size_t room, Put put) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + room, [&](char* bytes, std::size_t) {
    AccessLine line(bytes + before);
    put(line);
    return static_cast<std::size_t>(line.end() - bytes);
  });
}

void append_value(std::string& out, std::string_view value) {
  append(out, json_room(value.size()), [&](AccessLine& line) { line.text_or_dash(value); });
}

}  // namespace

void append_text(std::string& out, const AccessRecord& record, const model::AccessTemplate& text,
                 const Redaction& redaction, AccessTime& time) {
  for (const model::AccessTemplate::Part& part : text.parts) {
    out += part.text;
    if (part.field == AccessField::none) continue;
    if (part.field == AccessField::header) {
      append_value(out, header_of(record, part.header, redaction));
    } else if (part.field == AccessField::time) {
      append(out, kFieldFixedRoom, [&](AccessLine& line) { time.put_milliseconds(line, record.time); });
    } else if (part.field == AccessField::url) {
      const std::size_t room = kUrlFixedRoom + json_room(record.scheme().size()) +
                               json_room(record.authority.size()) + json_room(record.request_target.size());
      append(out, room, [&](AccessLine& line) { put_url(line, record); });
    } else if (is_number(part.field)) {
      append(out, kFieldFixedRoom, [&](AccessLine& line) { put_number(line, record, part.field); });
    } else {
      append_value(out, text_of(record, part.field));
    }
  }
  out += '\n';
}

}  // namespace weir::observe
