#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lb/http/head.h"
#include "lb/http/problem.h"
#include "lb/http/trace_ids.h"

// What a proxy changes in the heads that it forwards (RFC 9110 7.6, and the X-Forwarded family).
// Pure: everything that has to be known, made or formatted comes in.
namespace weir::http {

enum class ForwardedMode : std::uint8_t { append, preserve, remove };

// Of a listener and a target group.
struct ForwardPolicy {
  ForwardedMode mode = ForwardedMode::append;
  bool rfc7239 = false;  // write Forwarded too
  bool request_id = true;
  bool traceparent = true;
  bool amazon_trace_id = true;
  bool preserve_host = true;
  std::string_view via = {};  // our pseudonym in Via, unique to this node; empty: no Via
};

// Of one request.
struct RequestContext {
  std::string_view peer_address = {};  // without a port; empty for a unix socket
  bool peer_trusted = false;           // its X-Forwarded-*, Forwarded and X-Request-Id are believed
  std::string_view proto = "http";
  std::string_view port = {};  // of the listener
  std::string_view target_authority =
      {};  // where the request goes: the Host if the client's is not preserved
  TraceIds ids = {};
  // Of weir's own span, in the trace of the incoming one if that is valid; empty: weir records nothing.
  std::string_view traceparent = {};
  bool http2 = false;                                  // how the request came
  bool upgrade = false;                                // the request to change protocols goes on
  const FieldList* certificate = nullptr;              // fields that tell of the client's; null: it has none
  std::span<const std::string_view> own_cookies = {};  // they end here
};

// A request that has come here before: too_many_forwarded_addresses, via_loop; else none.
Problem find_loop(const RequestHead& request, const ForwardPolicy& policy);

// The X-Request-Id that the request goes on with: its own if the peer is trusted. It lives as long as both
// the request and the ids.
std::string_view request_id(const RequestHead& request, bool peer_trusted, const TraceIds& ids);

// Builds the head that goes to the target, with views of `request`. `out` is overwritten and keeps its
// memory. Framing and Connection are left to the writer.
void build_request(const RequestHead& request, const ForwardPolicy& policy, const RequestContext& context,
                   OutgoingRequest& out);

struct ResponseContext {
  Method request_method = Method::get;
  std::string_view date = {};  // now, for a response without Date; empty: none is added
  std::string_view via = {};   // as in ForwardPolicy
  bool http2 = false;          // how the response came
  bool cache_control = true;   // goes on; otherwise the caller adds its own
};

// Builds the head that goes to the client, of interim responses too.
void build_response(const ResponseHead& response, const ResponseContext& context, OutgoingResponse& out);

// Trailers that may be forwarded: not those that frame, route, authenticate or describe the content
// (RFC 9110 6.5.1). Appends to `out`.
void build_trailers(const FieldList& trailers, FieldList& out);

}  // namespace weir::http
