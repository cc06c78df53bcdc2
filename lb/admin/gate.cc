#include "lb/admin/gate.h"

#include <utility>

#include "lb/admin/token.h"
#include "lb/base/text.h"

namespace weir::admin {
namespace {

// HTTP/1.0 may leave Host out; no browser does.
bool is_our_name(std::string_view authority) {
  if (authority.empty()) return true;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    return end != std::string_view::npos && base::IpAddress::parse(authority.substr(1, end - 1)).has_value();
  }
  const std::string_view host = authority.substr(0, authority.find(':'));
  return base::equals_ignoring_case(host, "localhost") || base::IpAddress::parse(host).has_value();
}

// Whether a page of ours made the request (RFC 6454 7): its origin is what the request calls us.
bool is_our_origin(std::string_view origin, std::string_view authority) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) {
      return !authority.empty() && base::equals_ignoring_case(origin.substr(scheme.size()), authority);
    }
  }
  return false;
}

bool has_foreign_origin(const Request& request) {
  const http::FieldList& fields = request.head.fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].id == http::FieldId::origin && !is_our_origin(fields[i].value, request.head.authority()))
      return true;
  }
  return false;
}

Response unauthorized() {
  Response response =
      problem(401, "this needs the token of admin.token_file, as \"Authorization: Bearer TOKEN\"");
  response.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"weir\"");
  return response;
}

}  // namespace

Gate::Gate(const base::SocketAddress& bind, std::string token)
    : unix_(bind.is_unix()), local_(bind.is_unix() || bind.is_loopback()), token_(std::move(token)) {}

std::optional<Response> Gate::refuse(const Request& request, Access access) const {
  if (has_foreign_origin(request)) return problem(403, "the Origin of this request is another site");
  const bool authenticated = knows_token(request);
  if (!authenticated && !unix_ && !is_our_name(request.head.authority())) {
    return problem(403,
                   "the Host of this request is no name of this listener: use its IP address, or the token");
  }
  const bool open = access == Access::probe || (local_ && (access == Access::read || token_.empty()));
  if (!open && !authenticated) return unauthorized();
  return std::nullopt;
}

bool Gate::knows_token(const Request& request) const {
  constexpr std::string_view kScheme = "bearer ";
  const http::FieldList& fields = request.head.fields;
  std::size_t count = 0;
  std::string_view given;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].id != http::FieldId::authorization) continue;
    ++count;
    given = fields[i].value;
  }
  if (token_.empty() || count != 1) return false;
  if (!base::equals_ignoring_case(given.substr(0, kScheme.size()), kScheme)) return false;
  return equal_in_constant_time(base::trim(given.substr(kScheme.size())), token_);
}

}  // namespace weir::admin
