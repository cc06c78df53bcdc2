#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lb/base/text.h"
#include "lb/http/head.h"

// Cookies of requests and responses by name (RFC 6265 4.1, 4.2), read as servers read them: parts between
// semicolons, whatever quotes are in them. The case of names matters. All in one pass over the bytes.
namespace weir::http {

// Whether this part of a Cookie or Set-Cookie field is the cookie `name`, which is not empty. A name alone
// is one without a value.
inline bool is_cookie(std::string_view part, std::string_view name) {
  while (!part.empty() && (part.front() == ' ' || part.front() == '\t')) part.remove_prefix(1);
  if (part.empty() || part.front() != name.front() || !part.starts_with(name)) return false;
  const std::string_view rest = base::trim(part.substr(name.size()));
  return rest.empty() || rest.front() == '=';
}

// Calls `each` with the value of every cookie `name` of a request, until it returns false. There may be
// several Cookie fields (RFC 9113 8.2.3).
template <class Each>
void for_each_cookie(const FieldList& request, std::string_view name, Each&& each) {
  if (!request.has(FieldId::cookie)) return;
  for (std::size_t i = 0; i < request.size(); ++i) {
    if (request[i].id != FieldId::cookie) continue;
    for (std::string_view list = request[i].value; !list.empty();) {
      const std::size_t end = list.find(';');
      const std::string_view part = list.substr(0, end);
      list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
      if (!is_cookie(part, name)) continue;
      const std::size_t equals = part.find('=');
      if (!each(equals == std::string_view::npos ? "" : base::trim(part.substr(equals + 1)))) return;
    }
  }
}

bool has_cookie(const FieldList& request, std::string_view name);

enum class Left : std::uint8_t {
  all,   // none of these cookies was there: the value stays as it is
  some,  // the rest was appended to `out`
  none,  // the field disappears
};

// Takes the cookies of these names, which are sorted, out of the value of a Cookie field. What else is in it
// stays as it was.
Left remove_cookies(std::string_view value, std::span<const std::string_view> names, std::string& out);

// Whether a response sets a cookie of this name, to whatever value and with whatever attributes: ALB looks at
// no more of an application's cookie.
bool sets_cookie(const FieldList& response, std::string_view name);

}  // namespace weir::http
