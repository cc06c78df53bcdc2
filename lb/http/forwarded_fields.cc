#include "lb/http/forwarded_fields.h"

#include <algorithm>
#include <string>

#include "lb/base/text.h"
#include "lb/http/syntax.h"

namespace weir::http {
namespace {

// Adds a list field that has all earlier lines of it, and `last` behind them.
void add_joined(const FieldList& earlier, FieldId id, std::string_view name, std::string_view last,
                FieldList& out) {
  bool begun = false;
  const auto append = [&](std::string_view value) {
    if (value.empty()) return;
    if (begun) {
      out.extend_last(", ");
      out.extend_last(value);
    } else {
      out.add(id, name, value);
      begun = true;
    }
  };
  for (std::size_t i = 0; earlier.has(id) && i < earlier.size(); ++i) {
    if (earlier[i].id == id) append(earlier[i].value);
  }
  append(last);
}

// node and host of RFC 7239 4: a token, else a quoted string.
void append_value(std::string& to, std::string_view name, std::string_view value) {
  if (!to.empty()) to += ';';
  to.append(name).append("=");
  if (is_token(value)) {
    to += value;
  } else {
    to.append("\"").append(value).append("\"");
  }
}

}  // namespace

ForwardedFields::ForwardedFields(const ForwardPolicy& policy, const RequestContext& context)
    : policy_(policy), context_(context) {}

bool ForwardedFields::is_of_family(std::string_view name) {
  constexpr std::string_view kPrefix = "x-forwarded-";
  if (name.size() < kPrefix.size() || base::lower(name.front()) != 'x') return false;
  return std::ranges::equal(kPrefix, name.substr(0, kPrefix.size()), {}, {},
                            [](char c) { return c == '_' ? '-' : base::lower(c); });
}

void ForwardedFields::take(const Field& field, FieldList& out) {
  if (!believed()) return;
  switch (field.id) {
    case FieldId::x_forwarded_for:
      if (policy_.mode == ForwardedMode::append) return;
      break;
    case FieldId::forwarded:
      if (policy_.mode == ForwardedMode::append && policy_.rfc7239) return;
      break;
    case FieldId::x_forwarded_host: host_seen_ = true; break;
    case FieldId::x_forwarded_port: port_seen_ = true; break;
    case FieldId::x_forwarded_proto: proto_seen_ = true; break;
    default: break;
  }
  out.add(field.id, field.name, field.value);
}

void ForwardedFields::finish(const RequestHead& request, FieldList& out) const {
  if (policy_.mode == ForwardedMode::remove) return;
  const bool untouched = believed() && policy_.mode == ForwardedMode::preserve;
  if (untouched) return;
  if (policy_.mode == ForwardedMode::append) {
    finish_address(request, out);
    if (policy_.rfc7239) finish_forwarded(request, out);
  }
  if (!proto_seen_) out.add(FieldId::x_forwarded_proto, "X-Forwarded-Proto", context_.proto);
  if (!port_seen_ && !context_.port.empty())
    out.add(FieldId::x_forwarded_port, "X-Forwarded-Port", context_.port);
  if (!host_seen_ && !request.authority().empty()) {
    out.add(FieldId::x_forwarded_host, "X-Forwarded-Host", request.authority());
  }
}

void ForwardedFields::finish_address(const RequestHead& request, FieldList& out) const {
  static const FieldList none;
  add_joined(believed() ? request.fields : none, FieldId::x_forwarded_for, "X-Forwarded-For",
             context_.peer_address, out);
}

void ForwardedFields::finish_forwarded(const RequestHead& request, FieldList& out) const {
  static const FieldList none;
  const std::string_view peer = context_.peer_address;
  const bool v6 = peer.find(':') != std::string_view::npos;
  std::string element;
  append_value(element, "for",
               peer.empty() ? "unknown"
               : v6         ? "[" + std::string(peer) + "]"
                            : std::string(peer));
  if (!request.authority().empty()) append_value(element, "host", request.authority());
  append_value(element, "proto", context_.proto);
  add_joined(believed() ? request.fields : none, FieldId::forwarded, "Forwarded", element, out);
}

}  // namespace weir::http
