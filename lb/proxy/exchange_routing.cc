// What becomes of a request: the rule that it meets, and the rule's action.

#include <fmt/format.h>

#include "lb/base/text.h"
#include "lb/http/client_address.h"
#include "lb/http/forward_rules.h"
#include "lb/http/h1_writer.h"
#include "lb/http/syntax.h"
#include "lb/proxy/exchange.h"
#include "lb/proxy/listener.h"
#include "lb/routing/field_edits.h"
#include "lb/routing/redirect.h"

namespace weir::proxy {

using wire::Failure;
using wire::Reason;

namespace {

struct Authority {
  std::string_view host;
  std::optional<std::uint16_t> port;
};

Authority split(std::string_view authority) {
  const http::Authority parts = http::split_authority(authority);
  const auto port = base::parse_decimal(parts.port);
  if (!port || *port > 65535) return {parts.host, std::nullopt};
  return {parts.host, static_cast<std::uint16_t>(*port)};
}

}  // namespace

Failure Exchange::route() {
  const Routes& routes = view_->routes();
  if (!routes.has_rules()) {
    route_ = &routes.default_route();
  } else {
    const auto& trust = listener().forwarded.trust;
    engine_.facts.begin(request_, http::client_address(client_->ip(), request_.fields, trust));
    if (engine_.facts.has_ambiguous_path()) {
      return {Reason::malformed, http::Problem::ambiguous_uri, 0};
    }
    route_ = &routes.find(engine_.facts);
  }
  route_->counters->requests.add();
  return {};
}

void Exchange::act() {
  const model::Action& action = *route_->action;
  if (const auto* const elsewhere = std::get_if<model::RedirectAction>(&action)) return redirect(*elsewhere);
  if (const auto* const own = std::get_if<model::RespondAction>(&action)) return respond(*own);
  forward();
}

void Exchange::forward() {
  destination_ = &choose_destination();
  group_ = destination_->group;
  upgrade_ = !group().http2 && wants_upgrade();
  if (grpc_ && group().http2) stream_->set_pace(wire::Pace::slow);
  if (!upgrade_ && asks_for_tunnel()) return answer({Reason::method_not_allowed, http::Problem::none, 0});
  if (const model::Rule* const rule = route_->rule; rule != nullptr && !rule->rewrite.empty()) {
    auto rewritten = routing::rewrite(rule->rewrite, request_.authority(), request_.target());
    if (!rewritten) return answer({Reason::rewrite_invalid, http::Problem::none, 0});
    rewritten_ = *std::move(rewritten);
  }
  try_first_target();
}

// As the client sees it, which a trusted peer may know better.
std::string_view Exchange::scheme() const {
  const std::string_view own = client_->tls() != nullptr ? "https" : "http";
  if (!client_->trusted()) return own;
  const auto said = request_.fields.find(http::FieldId::x_forwarded_proto);
  if (!said) return own;
  return base::equals_ignoring_case(base::trim(said->substr(0, said->find(','))), "https") ? "https" : "http";
}

// What the client named. Who names a host alone means the scheme's own port (RFC 9110 4.2), whatever the port
// is here: there may be a translation of addresses between.
std::uint16_t Exchange::port() const {
  if (const auto named = split(request_.authority()).port) return *named;
  if (client_->trusted()) {
    const auto said = base::parse_decimal(request_.fields.find(http::FieldId::x_forwarded_port).value_or(""));
    if (said && *said != 0 && *said <= 65535) return static_cast<std::uint16_t>(*said);
  }
  if (request_.authority().empty()) return client_->entered_port();
  return scheme() == "https" ? 443 : 80;
}

void Exchange::redirect(const model::RedirectAction& action) {
  const routing::RequestedUrl url{.scheme = scheme(),
                                  .host = split(request_.authority()).host,
                                  .port = port(),
                                  .target = request_.target()};
  const auto location = routing::redirect_location(action, url);
  if (!location) return answer({Reason::redirect_invalid, http::Problem::none, 0});
  begin_answer(action.status);
  answer_body_ = fmt::format("{} {}\n", action.status, http::reason_phrase(action.status));
  begin_own_head(action.status, "text/plain; charset=utf-8");
  sent_response_.fields.add("Location", *location);
  redirected_to_ = *location;
  finish_own_head();
}

void Exchange::respond(const model::RespondAction& action) {
  if (asks_for_tunnel() && action.status < 300) {
    return answer({Reason::method_not_allowed, http::Problem::none, 0});
  }
  begin_answer(action.status);
  answer_body_ = action.body;
  begin_own_head(action.status, action.body.empty() ? std::string_view() : action.content_type);
  for (const auto& [name, value] : action.headers) sent_response_.fields.add(name, value);
  finish_own_head();
}

void Exchange::begin_own_head(std::uint16_t status, std::string_view content_type) {
  sent_response_.status = status;
  sent_response_.reason = {};
  sent_response_.body =
      answer_body_.empty() ? http::Body{} : http::Body{http::Body::Kind::length, answer_body_.size()};
  sent_response_.keep_alive = true;
  http::FieldList& fields = sent_response_.fields;
  fields.clear();
  fields.add(http::FieldId::date, "Date", engine_.date.date(now()));
  if (!content_type.empty()) fields.add("Content-Type", content_type);
  if (request_.method == http::Method::head && !answer_body_.empty()) {
    fields.add(http::FieldId::content_length, "Content-Length", std::to_string(answer_body_.size()));
  }
  if (listener().request_id) fields.add(http::FieldId::x_request_id, "X-Request-Id", request_id());
}

void Exchange::finish_own_head() {
  if (route_->rule != nullptr && !edit(route_->rule->response_fields, sent_response_.fields)) {
    return answer({Reason::header_invalid, http::Problem::none, 0});
  }
  send_answer(/*then_close=*/false);
}

bool Exchange::edit(const model::FieldEdits& edits, http::FieldList& fields) {
  if (edits.empty()) return true;
  using Variable = model::Template::Variable;
  routing::TemplateValues values;
  const std::string client =
      http::client_address(client_->ip(), request_.fields, listener().forwarded.trust).to_string();
  const Authority authority = split(request_.authority());
  const std::string port_text = std::to_string(port());
  const std::string_view target = request_.target();
  const std::size_t question = target.find('?');
  values.set(Variable::scheme, scheme());
  values.set(Variable::host, authority.host);
  values.set(Variable::port, port_text);
  values.set(Variable::path, target.starts_with('/') ? target.substr(1, question - 1) : target);
  if (question != std::string_view::npos) values.set(Variable::query, target.substr(question + 1));
  values.set(Variable::client, client_->is_unix() ? std::string_view("unix") : std::string_view(client));
  values.set(Variable::request_id, request_id());
  if (Target* const at = attempt_.target(); at != nullptr) {
    values.set(Variable::zone, at->settings().zone);
    values.set(Variable::target, at->settings().id);
  }
  values.set(Variable::listener, listener().name);
  values.set(Variable::rule, route_->name());
  return routing::edit_fields(edits, values, fields, engine_.spare_fields);
}

}  // namespace weir::proxy
