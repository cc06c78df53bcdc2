#include "lb/sticky/cache_control.h"

#include <string_view>

#include "lb/base/text.h"
#include "lb/http/syntax.h"

namespace weir::sticky {
namespace {

// Where the element that begins at `at` ends: at a comma that is not within quotes, or at the end.
std::size_t element_end(std::string_view value, std::size_t at) {
  bool quoted = false;
  for (; at < value.size(); ++at) {
    const char c = value[at];
    if (c == ',' && !quoted) return at;
    if (c == '"') quoted = !quoted;
    if (c == '\\' && quoted && at + 1 < value.size()) ++at;
  }
  return value.size();
}

// Calls `each` with the trimmed elements, those that are empty left out.
template <class Each>
void for_each_element(std::string_view value, Each&& each) {
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t end = element_end(value, at);
    const std::string_view element = base::trim(value.substr(at, end - at));
    if (!element.empty()) each(element);
    at = end + 1;
  }
}

bool is_quoted_string(std::string_view text) {
  if (!text.starts_with('"')) return false;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1 == text.size();
    if (text[at] == '\\') ++at;
  }
  return false;
}

// Whether this is the directive `name`: token [ "=" ( token / quoted-string ) ] of RFC 9111 5.2.
bool is_directive(std::string_view element, std::string_view name) {
  if (element.size() < name.size() || base::lower(element.front()) != name.front() ||
      !base::equals_ignoring_case(element.substr(0, name.size()), name)) {
    return false;
  }
  if (element.size() == name.size()) return true;
  const std::string_view argument = element.substr(name.size() + 1);
  return element[name.size()] == '=' && (http::is_token(argument) || is_quoted_string(argument));
}

bool lets_share(std::string_view element) {
  return is_directive(element, "public") || is_directive(element, "s-maxage");
}

bool keeps_out(std::string_view element) {
  return base::equals_ignoring_case(element, "private") || base::equals_ignoring_case(element, "no-store");
}

template <class Each>
void for_each_value(const http::FieldList& response, Each&& each) {
  if (!response.has(http::FieldId::cache_control)) return;
  for (std::size_t i = 0; i < response.size(); ++i) {
    const http::Field field = response[i];
    if (field.id == http::FieldId::cache_control) each(field.value);
  }
}

}  // namespace

bool is_private(const http::FieldList& response) {
  bool found = false;
  for_each_value(response, [&](std::string_view value) {
    for_each_element(value, [&](std::string_view element) { found = found || keeps_out(element); });
  });
  return found;
}

// The fields are not made one: a quote that is not closed would swallow the next field.
void add_private(const http::FieldList& response, http::FieldList& outgoing) {
  constexpr std::string_view kName = "Cache-Control";
  constexpr std::string_view kPrivate = "private";
  bool first = true;
  for_each_value(response, [&](std::string_view value) {
    bool begun = first;
    if (first) outgoing.add(http::FieldId::cache_control, kName, kPrivate);
    first = false;
    for_each_element(value, [&](std::string_view element) {
      if (lets_share(element)) return;
      if (begun) {
        outgoing.extend_last(", ");
        outgoing.extend_last(element);
      } else {
        outgoing.add(http::FieldId::cache_control, kName, element);
      }
      begun = true;
    });
  });
  if (first) outgoing.add(http::FieldId::cache_control, kName, kPrivate);
}

}  // namespace weir::sticky
