// What is left of an exchange when it is over: its counts, its line in the access log and its span.

#include "lb/http/client_address.h"
#include "lb/http/forward_rules.h"
#include "lb/http/trace_context.h"
#include "lb/proxy/exchange.h"
#include "lb/proxy/listener.h"
#include "lb/proxy/vocabulary.h"

namespace weir::proxy {
namespace {

// ALB's words for what a rule does.
constexpr std::string_view kForward = "forward";
constexpr std::string_view kRedirect = "redirect";
constexpr std::string_view kFixedResponse = "fixed-response";

}  // namespace

void Exchange::count() {
  Listener& listener = client_->listener();
  observe::ListenerCounters& counters = listener.counters();
  counters.requests.add(status_);
  if (failure_.reason != wire::Reason::none) {
    counters.errors.add(error_index(failure_));
    const bool outlived = view_ != nullptr && view_ != &listener.view();
    if (outlived && wire::status(failure_) >= 500) ++engine_.setup.limits->outlived_errors;
  }
  counters.received_bytes.add(client_->received_bytes());
  counters.sent_bytes.add(client_->sent_bytes());
  if (tunnel_) counters.websockets.subtract();
  count_sessions();
  observe::RouteCounters& route = tunnel_counters_          ? *tunnel_counters_
                                  : destination_ != nullptr ? *destination_->counters
                                                            : listener.unrouted_counters();
  route.duration.observe(now() - began_);
}

void Exchange::count_desync() {
  if (classification_.desync == http::DesyncClass::none) return;
  client_->listener().counters().desync.add(classification_.desync, classification_.reason);
}

// Of the rule that the request met, from 1; 0: the default action.
std::size_t Exchange::rule_number() const {
  return route_->rule == nullptr ? 0 : static_cast<std::size_t>(route_->rule - listener().rules.data()) + 1;
}

std::string_view Exchange::action_word() const {
  if (std::holds_alternative<model::RedirectAction>(*route_->action)) return kRedirect;
  return std::holds_alternative<model::RespondAction>(*route_->action) ? kFixedResponse : kForward;
}

void Exchange::write_records() {
  const bool has_reason = failure_.reason != wire::Reason::none;
  const bool logged = engine_.access.takes(status_, has_reason, engine_.random);
  const bool traced = trace_ && trace_->sampled;
  if (logged || traced) {
    const http::RequestContext its_context = context();
    std::string forwarded_client;
    observe::AccessRecord record = make_record(its_context, forwarded_client);
    if (logged) engine_.access.write(record);
    if (traced) end_trace(record);
  }
  if (trace_) engine_.traces.give_back(std::move(trace_));
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

// Views of the exchange and of both arguments.
observe::AccessRecord Exchange::make_record(const http::RequestContext& its_context,
                                            std::string& forwarded_client) {
  // A tunnel may have outlived the configuration that it began with.
  const model::Listener& settings = view_ != nullptr ? listener() : client_->listener().view().model();
  const base::Instant time = now();
  const bool from_proxy = client_->trusted() && request_.fields.has(http::FieldId::x_forwarded_for);
  if (from_proxy) {
    forwarded_client =
        http::client_address(client_->ip(), request_.fields, settings.forwarded.trust).to_string();
  }
  observe::AccessRecord record;
  record.time = engine_.date.wall(time);
  record.type = tunnel_ ? "ws" : "http";
  record.listener = settings.name;
  record.client = from_proxy ? std::string_view(forwarded_client) : std::string_view(client_->ip_text());
  record.client_port = from_proxy ? std::uint16_t{0} : client_->port();
  if (route_ != nullptr) {
    record.rule = route_->name();
    record.rule_number = rule_number();
    record.action = action_word();
    record.redirect_url = redirected_to_;
  }
  if (tunnel_counters_) {
    record.rule = tunnel_rule_;
    record.rule_number = tunnel_rule_number_;
    record.action = kForward;
  }
  record.headers = &request_.fields;
  record.method = request_.method_text();
  record.authority = request_.authority();
  record.port = client_->entrance().port;
  record.request_target = request_.target();
  record.protocol = request_.version_minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
  record.status = status_;
  record.target_status = target_status_;
  record.received_bytes = client_->received_bytes();
  record.sent_bytes = client_->sent_bytes();
  record.user_agent = request_.fields.find(http::FieldId::user_agent).value_or("");
  record.request_id = settings.request_id ? http::request_id(request_, its_context)
                                          : request_.fields.find(http::FieldId::x_request_id).value_or("");
  record.trace_id = trace_id(settings);
  record.total = time - began_;
  record.attempts = attempts_ + (stale_retry_used_ ? 1 : 0);
  record.reason = failure_.reason == wire::Reason::none ? std::string_view() : wire::word(failure_);
  if (classification_.desync != http::DesyncClass::none) {
    record.classification = http::to_string(classification_.desync);
    record.classification_reason = http::traits(classification_.reason).reason;
  }
  if (group_ != nullptr) record.target_group = group_->name();
  if (Target* const target = attempt_.target(); attempts_ != 0 && target != nullptr) {
    record.target = target->address_text();
    record.target_id = target->settings().id;
    record.zone = target->settings().zone;
    record.queue = queued_;
    if (attempt_.connected() != base::kNever) record.connect = attempt_.connected() - attempt_.began();
    if (attempt_.request_ended() != base::kNever) record.request = attempt_.request_ended() - began_;
    if (attempt_.answered() != base::kNever) record.first_byte = attempt_.first_byte();
    record.target_connection_reused = attempt_.reused();
  }
  return record;
}

}  // namespace weir::proxy
