#include "lb/http/forward_rules.h"

#include <array>

#include "lb/base/text.h"
#include "lb/http/client_address.h"
#include "lb/http/connection_options.h"
#include "lb/http/cookies.h"
#include "lb/http/forwarded_fields.h"
#include "lb/http/trace_context.h"

namespace weir::http {
namespace {

constexpr std::size_t kMostForwardedAddresses = 30;  // as AWS ALB
constexpr std::size_t kMostAmazonIdBytes = 7 * 1024;

// Fields that are about one hop and never pass as they came (RFC 9110 7.6.1, 11.7). Framing is written
// anew.
constexpr bool ends_here(FieldId id) {
  switch (id) {
    case FieldId::connection:
    case FieldId::http2_settings:
    case FieldId::keep_alive:
    case FieldId::proxy_authenticate:
    case FieldId::proxy_authentication_info:
    case FieldId::proxy_authorization:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::transfer_encoding: return true;
    default: return false;
  }
}

// received-by of one element of Via: "1.1 name", "HTTP/1.1 name (comment)" (RFC 9110 7.6.3).
std::string_view received_by(std::string_view element) {
  const std::size_t space = element.find_first_of(" \t");
  if (space == std::string_view::npos) return {};
  const std::string_view rest = base::trim(element.substr(space));
  return rest.substr(0, rest.find_first_of(" \t("));
}

bool was_here(const FieldList& fields, std::string_view pseudonym) {
  bool found = false;
  for (std::size_t i = 0; i < fields.size() && !found; ++i) {
    if (fields[i].id != FieldId::via) continue;
    base::for_each_list_element(fields[i].value, [&](std::string_view element) {
      found = found || base::equals_ignoring_case(received_by(element), pseudonym);
    });
  }
  return found;
}

void add_via(bool http2, unsigned version_minor, std::string_view pseudonym, FieldList& out) {
  if (pseudonym.empty()) return;
  out.add(FieldId::via, "Via", http2 ? "2 " : version_minor == 0 ? "1.0 " : "1.1 ");
  out.extend_last(pseudonym);
}

// One valid traceparent is kept with its tracestate; else both are replaced (W3C Trace Context 3.2). A parent
// of ours takes the place of the sender's in the same trace.
void add_trace_context(const RequestHead& request, const RequestContext& context, FieldList& out) {
  const std::string_view incoming = find_traceparent(request.fields);
  const std::string_view made = incoming.empty() ? context.ids.traceparent() : incoming;
  out.add(FieldId::traceparent, "traceparent", context.traceparent.empty() ? made : context.traceparent);
  if (incoming.empty()) return;
  for (std::size_t i = 0; request.fields.has(FieldId::tracestate) && i < request.fields.size(); ++i) {
    const Field field = request.fields[i];
    if (field.id == FieldId::tracestate) out.add(field.id, field.name, field.value);
  }
}

// As AWS ALB: Root if it is missing or empty, else Self, which is replaced; everything else stays.
void add_amazon_id(const RequestHead& request, const TraceIds& ids, FieldList& out) {
  std::string_view incoming = request.fields.find(FieldId::x_amzn_trace_id).value_or("");
  if (incoming.size() > kMostAmazonIdBytes) incoming = {};
  std::array<std::string_view, 16> kept;
  std::size_t count = 0;
  bool rooted = false;
  while (!incoming.empty()) {
    const std::size_t end = incoming.find(';');
    const std::string_view part = base::trim(incoming.substr(0, end));
    incoming.remove_prefix(end == std::string_view::npos ? incoming.size() : end + 1);
    if (part.empty() || part == "Root=" || part.starts_with("Self=") || count == kept.size()) continue;
    rooted = rooted || part.starts_with("Root=");
    kept[count++] = part;
  }
  out.add(FieldId::x_amzn_trace_id, "X-Amzn-Trace-Id", rooted ? ids.amazon_self() : ids.amazon_root());
  for (std::size_t i = 0; i < count; ++i) {
    out.extend_last(";");
    out.extend_last(kept[i]);
  }
}

void add_host(const RequestHead& request, const ForwardPolicy& policy, const RequestContext& context,
              FieldList& out) {
  const std::string_view own = request.authority();
  out.add(FieldId::host, "Host", policy.preserve_host && !own.empty() ? own : context.target_authority);
}

// Without those that are weir's own.
void add_cookies(const Field& field, std::span<const std::string_view> own, FieldList& out) {
  std::string rest;
  switch (remove_cookies(field.value, own, rest)) {
    case Left::all: return out.add(field.id, field.name, field.value);
    case Left::some: return out.add(field.id, field.name, rest);
    case Left::none: return;
  }
}

void take_request_line(const RequestHead& request, OutgoingRequest& out) {
  out.method = request.method;
  out.method_text = request.method_text();
  out.target = request.target();
  out.authority = request.authority();
  out.body = request.body;
  out.accepts_trailers = request.accepts_trailers;
  out.fields.clear();
}

}  // namespace

Problem find_loop(const RequestHead& request, const ForwardPolicy& policy) {
  if (request.fields.has(FieldId::x_forwarded_for) &&
      count_forwarded_addresses(request.fields) > kMostForwardedAddresses) {
    return Problem::too_many_forwarded_addresses;
  }
  const bool look = !policy.via.empty() && request.fields.has(FieldId::via);
  return look && was_here(request.fields, policy.via) ? Problem::via_loop : Problem::none;
}

std::string_view request_id(const RequestHead& request, bool peer_trusted, const TraceIds& ids) {
  if (!peer_trusted) return ids.request_id();
  const std::optional<std::string_view> incoming = request.fields.find(FieldId::x_request_id);
  return incoming && is_request_id(*incoming) ? *incoming : ids.request_id();
}

void build_request(const RequestHead& request, const ForwardPolicy& policy, const RequestContext& context,
                   OutgoingRequest& out) {
  take_request_line(request, out);
  FieldList& fields = out.fields;
  add_host(request, policy, context, fields);
  const ConnectionOptions options(request.fields);
  ForwardedFields forwarded(policy, context);
  for (std::size_t i = 0; i < request.fields.size(); ++i) {
    const Field field = request.fields[i];
    bool pass = true;
    switch (field.id) {
      case FieldId::host:
      case FieldId::content_length: pass = false; break;
      case FieldId::upgrade: pass = context.upgrade; break;
      case FieldId::trailer: pass = request.body.kind == Body::Kind::chunked; break;
      case FieldId::expect: pass = request.expect_continue; break;
      case FieldId::forwarded:
      case FieldId::x_forwarded_for:
      case FieldId::x_forwarded_host:
      case FieldId::x_forwarded_port:
      case FieldId::x_forwarded_proto:
        forwarded.take(field, fields);
        pass = false;
        break;
      case FieldId::cookie:
        pass = context.own_cookies.empty();
        if (!pass) add_cookies(field, context.own_cookies, fields);
        break;
      case FieldId::x_request_id: pass = !policy.request_id; break;
      case FieldId::traceparent:
      case FieldId::tracestate: pass = !policy.traceparent; break;
      case FieldId::x_amzn_trace_id: pass = !policy.amazon_trace_id; break;
      case FieldId::other: pass = !options.removes(field.name) && forwarded.passes(field.name); break;
      default: pass = !ends_here(field.id); break;
    }
    if (pass) fields.add(field.id, field.name, field.value);
  }
  forwarded.finish(request, fields);
  if (policy.request_id) {
    const std::string_view id = request_id(request, context.peer_trusted, context.ids);
    fields.add(FieldId::x_request_id, "X-Request-Id", id);
  }
  if (policy.traceparent) add_trace_context(request, context, fields);
  if (policy.amazon_trace_id) add_amazon_id(request, context.ids, fields);
  if (context.certificate != nullptr) {
    for (std::size_t i = 0; i < context.certificate->size(); ++i) {
      const Field field = (*context.certificate)[i];
      fields.add(field.id, field.name, field.value);
    }
  }
  add_via(context.http2, request.version_minor, policy.via, fields);
}

void build_response(const ResponseHead& response, const ResponseContext& context, OutgoingResponse& out) {
  out.status = response.status;
  out.reason = response.reason();
  out.body = response.body;
  out.keep_alive = response.keep_alive;
  out.fields.clear();
  const bool describes_absent_content = context.request_method == Method::head || response.status == 304;
  const ConnectionOptions options(response.fields);
  for (std::size_t i = 0; i < response.fields.size(); ++i) {
    const Field field = response.fields[i];
    bool pass = true;
    switch (field.id) {
      case FieldId::content_length:
        pass = describes_absent_content && response.status >= 200 && response.status != 204;
        break;
      case FieldId::upgrade: pass = response.status == 101; break;
      case FieldId::cache_control: pass = context.cache_control; break;
      case FieldId::trailer: pass = response.body.kind == Body::Kind::chunked; break;
      case FieldId::other: pass = !options.removes(field.name); break;
      default: pass = !ends_here(field.id); break;
    }
    if (pass) out.fields.add(field.id, field.name, field.value);
  }
  if (response.status >= 200 && !context.date.empty() && !response.fields.has(FieldId::date)) {
    out.fields.add(FieldId::date, "Date", context.date);
  }
  add_via(context.http2, response.version_minor, context.via, out.fields);
}

void build_trailers(const FieldList& trailers, FieldList& out) {
  for (std::size_t i = 0; i < trailers.size(); ++i) {
    const Field field = trailers[i];
    if (field.id == FieldId::other) out.add(field.id, field.name, field.value);
  }
}

}  // namespace weir::http
