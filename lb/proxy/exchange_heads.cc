// What an exchange sends: the rewritten heads, and weir's own answers.

#include <fmt/format.h>

#include "lb/base/text.h"
#include "lb/http/client_address.h"
#include "lb/http/forward_rules.h"
#include "lb/http/syntax.h"
#include "lb/net/proxy_header_write.h"
#include "lb/proxy/answer.h"
#include "lb/proxy/exchange.h"
#include "lb/proxy/listener.h"
#include "lb/sticky/cache_control.h"
#include "lb/wire/server_name.h"

namespace weir::proxy {

using wire::Failure;
using wire::Reason;

http::RequestContext Exchange::context() {
  http::RequestContext context;
  if (!client_->is_unix()) context.peer_address = client_->ip_text();
  context.peer_trusted = client_->trusted();
  context.port = client_->entered_port_text();
  if (client_->tls() != nullptr) context.proto = "https";
  context.http2 = client_->speaks_http2();
  context.certificate = client_->certificate_fields();
  context.ids = ids_;
  context.upgrade = upgrade_;
  if (view_ != nullptr) context.own_cookies = view_->routes().own_cookies();
  return context;
}

Failure Exchange::admit() {
  using http::Method;
  if (!client_->is_unix() && !view_->settings().allows(client_->ip())) {
    return {Reason::source_denied, http::Problem::none, 0};
  }
  if (is_misdirected()) return {Reason::misdirected, http::Problem::none, 0};
  if (request_.method == Method::trace || request_.method == Method::connect) {
    return {Reason::method_not_allowed, http::Problem::none, 0};
  }
  const auto& limit = listener().limits.body_bytes;
  if (limit && request_.body.kind == http::Body::Kind::length && request_.body.length > *limit) {
    return {Reason::body_too_large, http::Problem::none, 0};
  }
  if (const Failure odd = check_desync(); odd.reason != Reason::none) return odd;
  const http::Problem loop = http::find_loop(request_, view_->settings().forward_policy);
  if (loop != http::Problem::none) return {Reason::malformed, loop, 0};
  return {};
}

// Whoever has proved who it is for one name gets nothing of another (RFC 9110 7.4).
bool Exchange::is_misdirected() const {
  const net::TlsFacts* const tls = client_->tls();
  if (tls == nullptr || tls->server_name.empty()) return false;
  if (!listener().tls || !listener().tls->client_auth) return false;
  return !base::equals_ignoring_case(http::split_authority(request_.authority()).host, tls->server_name);
}

Failure Exchange::check_desync() {
  classification_ = http::classify(request_);
  if (classification_.desync == http::DesyncClass::none) return {};
  count_desync();
  switch (http::decide(view_->settings().desync_mode, classification_)) {
    case http::DesyncVerdict::forward: return {};
    case http::DesyncVerdict::refuse: return {Reason::malformed, classification_.reason, 0};
    case http::DesyncVerdict::forward_and_close: break;
  }
  close_both_ = true;
  stream_->close_after_response();
  return {};
}

// RFC 9110 7.8: a server may ignore Upgrade, and weir does unless the request is HTTP/1.1, has no
// content and names one protocol that the listener lists.
bool Exchange::wants_upgrade() const {
  if (!request_.fields.has(http::FieldId::upgrade) || request_.version_minor == 0) return false;
  if (request_.body.kind != http::Body::Kind::none || !request_.fields.has(http::FieldId::connection))
    return false;
  std::size_t tokens = 0;
  bool listed = false;
  bool named = false;
  for (std::size_t i = 0; i < request_.fields.size(); ++i) {
    const http::Field field = request_.fields[i];
    if (field.id == http::FieldId::connection) {
      base::for_each_list_element(field.value, [&](std::string_view option) {
        named = named || base::equals_ignoring_case(option, "upgrade");
      });
    } else if (field.id == http::FieldId::upgrade) {
      base::for_each_list_element(field.value, [&](std::string_view token) {
        ++tokens;
        for (const std::string& known : listener().upgrade) {
          listed = listed || base::equals_ignoring_case(token, known);
        }
      });
    }
  }
  return named && listed && tokens == 1;
}

// By the extended CONNECT of HTTP/2 (RFC 8441), which alone brings these fields there. What succeeds is a
// tunnel to its client, whatever it was for others.
bool Exchange::asks_for_tunnel() const {
  return client_->speaks_http2() && request_.fields.has(http::FieldId::upgrade);
}

// RFC 9110 7.8: a server must not switch to a protocol that was not asked for.
bool Exchange::is_asked_protocol(const http::ResponseHead& head) const {
  const auto asked = request_.fields.find(http::FieldId::upgrade);
  const auto chosen = head.fields.find(http::FieldId::upgrade);
  return asked && chosen && base::equals_ignoring_case(base::trim(*asked), base::trim(*chosen));
}

void Exchange::identify() {
  const base::Instant time = now();
  const model::Listener& settings = listener();
  if (settings.request_id || settings.traceparent || settings.amazon_trace_id) {
    ids_ = http::TraceIds({engine_.random.next(), engine_.random.next(), engine_.random.next()},
                          engine_.date.seconds(time));
  } else {
    ids_ = {};
  }
  if (engine_.spans.enabled() && settings.traceparent) begin_trace();
}

// The Host that a request to it is sent with.
std::string_view Exchange::target_authority(const Target& target) const {
  if (rewritten_.authority) return *rewritten_.authority;
  return group().preserve_host ? request_.authority() : std::string_view(target.address_text());
}

// By the latest settings of the group, as all of its connections are made.
Approach Exchange::approach_to(const Target& target) const {
  Approach approach;
  const GroupSettings& settings = *group_->shared_settings();
  if (settings.encrypts()) {
    approach.server_name = wire::server_name_for(settings.model.tls->server_name, target_authority(target),
                                                 target.settings().address);
  }
  if (const auto version = settings.proxy_version()) {
    net::write_proxy_header(approach.preface, proxy_header_for(*client_, *version));
  }
  return approach;
}

bool Exchange::build_request() {
  http::ForwardPolicy policy = view_->settings().forward_policy;
  policy.preserve_host = group().preserve_host && !rewritten_.authority;
  http::RequestContext its_context = context();
  its_context.target_authority =
      rewritten_.authority ? std::string_view(*rewritten_.authority) : attempt_.target()->address_text();
  if (trace_) its_context.traceparent = {trace_->traceparent.data(), trace_->traceparent.size()};
  http::build_request(request_, policy, its_context, sent_request_);
  if (rewritten_.target) sent_request_.target = *rewritten_.target;
  return route_->rule == nullptr || edit(route_->rule->request_fields, sent_request_.fields);
}

bool Exchange::build_response(const http::ResponseHead& head) {
  const bool with_cookies = sessions_answered(head);
  const bool shared = with_cookies && !sticky::is_private(head.fields);
  const http::ResponseContext its_context{
      .request_method = request_.method,
      .date = head.status >= 200 ? engine_.date.date(now()) : std::string_view(),
      .via = view_->settings().forward_policy.via,
      .cache_control = !shared,
  };
  http::build_response(head, its_context, sent_response_);
  if (shared) sticky::add_private(head.fields, sent_response_.fields);
  if (with_cookies) add_cookies();
  return route_->rule == nullptr || edit(route_->rule->response_fields, sent_response_.fields);
}

std::string Exchange::hint_of_https() const {
  if (request_.authority().empty()) return "this port speaks HTTPS";
  return fmt::format("this port speaks HTTPS: https://{}{}", request_.authority(), request_.target());
}

void Exchange::build_answer(const Failure& failure) {
  const auto accept = request_.fields.find(http::FieldId::accept);
  std::optional<http::GrpcStatus> status;
  if (answers_call(failure)) {
    status = grpc_status_of(failure);
    grpc_status_ = static_cast<std::uint16_t>(*status);
  }
  write_answer({.failure = failure,
                .grpc_status = status,
                .server_name = view_->settings().node.server_name,
                .date = engine_.date.date(now()),
                .request_id = listener().request_id ? request_id() : "",
                .json = accept && accept->find("application/json") != std::string_view::npos,
                .hint = failure.reason == Reason::plain_http ? hint_of_https() : std::string()},
               sent_response_, answer_body_);
}

}  // namespace weir::proxy
