// What is left of an exchange when it is over: its counts, its line in the access log and its span.

#include "lb/http/client_address.h"
#include "lb/http/forward_rules.h"
#include "lb/http/trace_context.h"
#include "lb/proxy/exchange.h"
#include "lb/proxy/listener.h"
#include "lb/proxy/vocabulary.h"

namespace weir::proxy {

void Exchange::count() {
  Listener& listener = client_->listener();
  observe::ListenerCounters& counters = listener.counters();
  counters.requests.add(status_);
  if (failure_.reason != wire::Reason::none) {
    counters.errors.add(error_index(failure_));
    const bool outlived = view_ != nullptr && view_ != &listener.view();
    if (outlived && wire::status(failure_) >= 500) ++engine_.setup.limits->outlived_errors;
  }
  counters.received_bytes.add(stream_->received_bytes());
  counters.sent_bytes.add(stream_->sent_bytes());
  if (tunnel_) counters.websockets.subtract();
  count_sessions();
  observe::RouteCounters& route = tunnel_counters_          ? *tunnel_counters_
                                  : destination_ != nullptr ? *destination_->counters
                                                            : listener.unrouted_counters();
  route.duration.observe(now() - began_);
  if (grpc_) count_call(route);
}

void Exchange::count_desync() {
  if (classification_.desync == http::DesyncClass::none) return;
  client_->listener().counters().desync.add(classification_.desync, classification_.reason);
}

void Exchange::write_records() {
  const bool remarkable = failure_.reason != wire::Reason::none || grpc_status_.value_or(0) != 0;
  const bool logged = engine_.access.takes(status_, remarkable, engine_.random);
  const bool traced = trace_ && trace_->sampled;
  if (logged || traced) {
    LogClient other;
    observe::AccessRecord record = make_record(other);
    if (logged) engine_.access.write(record);
    if (traced) end_trace(record);
  }
  if (trace_) engine_.traces.give_back(std::move(trace_));
}

// Whether it went by weir's ids, as most requests do: it brought none that count, and no rule changed them.
bool Exchange::has_own_ids(const model::Listener& settings) const {
  const http::FieldList& fields = request_.fields;
  if (route_ == nullptr || !settings.request_id || !settings.amazon_trace_id) return false;
  if (fields.has(http::FieldId::x_amzn_trace_id)) return false;
  if (client_->trusted() && fields.has(http::FieldId::x_request_id)) return false;
  return route_->rule == nullptr || route_->rule->request_fields.empty();
}

std::string_view Exchange::logged_request_id(const model::Listener& settings) const {
  if (settings.request_id) return request_id();
  return request_.fields.find(http::FieldId::x_request_id).value_or("");
}

// As the target got it, or would have got it: Amazon's, else that of W3C.
std::string_view Exchange::trace_id(const model::Listener& settings) const {
  const bool forwarded = !sent_request_.fields.empty();
  const http::FieldList& fields = forwarded ? sent_request_.fields : request_.fields;
  if (const auto amazon = fields.find(http::FieldId::x_amzn_trace_id)) return *amazon;
  if (!forwarded && settings.amazon_trace_id) return ids_.amazon_root();
  if (const std::string_view parent = http::find_traceparent(fields); !parent.empty()) {
    return http::read_traceparent(parent).trace_id;
  }
  return !forwarded && settings.traceparent ? ids_.trace_id() : std::string_view();
}

const observe::AccessClient& Exchange::access_client(const model::Listener& settings, LogClient& other) {
  const bool forwarded = client_->trusted() && request_.fields.has(http::FieldId::x_forwarded_for);
  if (!forwarded && !tunnel_) return client_->access_part(grpc_);
  const std::string_view type = observe::access_type(
      {.tls = client_->tls() != nullptr, .http2 = client_->speaks_http2(), .tunnel = tunnel_, .grpc = grpc_});
  const observe::AccessIntroduction introduction = access_introduction(*client_);
  if (!forwarded) {
    return other.part.emplace(type, settings.name, client_->ip_text(), client_->port(), introduction);
  }
  other.address = http::client_address(client_->ip(), request_.fields, settings.forwarded.trust).to_string();
  return other.part.emplace(type, settings.name, other.address, 0, introduction);
}

const observe::AccessTarget& Exchange::access_target() const {
  if (Target* const target = attempt_.target(); attempts_ != 0 && target != nullptr)
    return target->access_part();
  return group_ != nullptr ? group_->no_target() : observe::no_access_target();
}

const observe::AccessRoute& Exchange::access_route() const {
  if (route_ != nullptr) return *route_->access_part;
  return tunnel_route_ ? *tunnel_route_ : observe::no_access_route();
}

std::string_view Exchange::protocol_text() const {
  if (client_->speaks_http2()) return "HTTP/2.0";
  return request_.version_minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
}

// Views of the exchange and of `other`.
observe::AccessRecord Exchange::make_record(LogClient& other) {
  // A tunnel may have outlived the configuration that it began with.
  const model::Listener& settings = view_ != nullptr ? listener() : client_->listener().view().model();
  const base::Instant time = now();
  const bool is_clean = classification_.desync == http::DesyncClass::none;
  const bool own_ids = has_own_ids(settings);
  const bool failed = failure_.reason != wire::Reason::none;
  observe::AccessRecord record{
      .time = engine_.date.wall(time),
      .client = &access_client(settings, other),
      .target = &access_target(),
      .route = &access_route(),
      .redirect_url = redirected_to_,
      .method = request_.method_text(),
      .authority = request_.authority(),
      .secure = client_->tls() != nullptr,
      .port = client_->entered_port_text(),
      .request_target = request_.target(),
      .protocol = protocol_text(),
      .status = status_,
      .target_status = target_status_,
      .grpc_status = grpc_status_,
      .received_bytes = stream_->received_bytes(),
      .sent_bytes = stream_->sent_bytes(),
      .user_agent = request_.fields.find(http::FieldId::user_agent).value_or(""),
      .request_id = own_ids ? ids_.request_id() : logged_request_id(settings),
      .trace_id = own_ids ? ids_.amazon_root() : trace_id(settings),
      .own_ids = own_ids ? &ids_ : nullptr,
      .total = time - began_,
      .attempts = attempts_ + fresh_connections_,
      .reason = failed ? wire::word(failure_) : std::string_view(),
      .classification = is_clean ? std::string_view() : http::to_string(classification_.desync),
      .classification_reason = is_clean ? std::string_view() : http::traits(classification_.reason).reason,
      .headers = &request_.fields};
  if (attempts_ != 0 && attempt_.target() != nullptr) {
    record.queue = queued_;
    if (attempt_.connected() != base::kNever) record.connect = attempt_.connected() - attempt_.began();
    if (attempt_.request_ended() != base::kNever) record.request = attempt_.request_ended() - began_;
    if (attempt_.answered() != base::kNever) record.first_byte = attempt_.first_byte();
    record.target_connection_reused = attempt_.reused();
  }
  return record;
}

}  // namespace weir::proxy
