#include "lb/observe/redaction.h"

#include <algorithm>

#include "lb/base/text.h"
#include "lb/model/access_log.h"

namespace weir::observe {
namespace {

int hex_value(char c) {
  if (base::is_digit(c)) return c - '0';
  const char letter = base::lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// As a form is decoded: what is no escape stays.
std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      result += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      result += text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

}  // namespace

Redaction::Redaction(const std::vector<std::string>& names) {
  names_.reserve(names.size());
  for (const std::string& name : names) names_.push_back(base::to_lower(name));
  std::ranges::sort(names_);
}

bool Redaction::names(std::string_view name) const {
  return std::ranges::binary_search(names_, base::to_lower(name));
}

// PHP and Rails read `name[]` and `name[key]` as `name`, and PHP a name without the spaces around it.
bool Redaction::names_parameter(std::string_view encoded) const {
  const std::string name = decoded(encoded);
  return names(name) || names(base::trim(std::string_view(name).substr(0, name.find('['))));
}

std::string Redaction::of_url(std::string_view url) const {
  const std::size_t query = url.find('?');
  if (empty() || query == std::string_view::npos) return std::string(url);
  std::string result(url.substr(0, query + 1));
  std::string_view rest = url.substr(query + 1);
  while (!rest.empty()) {
    // Some read `;` as the end of a parameter, some do not: a name may begin behind one, a value goes on over
    // it.
    const std::size_t name_end = rest.find_first_of("=&;");
    const std::string_view name = rest.substr(0, name_end);
    const bool has_value = name_end != std::string_view::npos && rest[name_end] == '=';
    std::size_t end = name_end;
    if (has_value && names_parameter(name)) {
      result.append(name).append("=").append(kInstead);
      end = rest.find_first_of("&#", name_end);
    } else {
      if (has_value) end = rest.find_first_of("&;", name_end);
      result.append(rest.substr(0, end));
    }
    if (end == std::string_view::npos) break;
    result += rest[end];
    rest.remove_prefix(end + 1);
  }
  return result;
}

std::string Redaction::of_header(std::string_view name, std::string_view value) const {
  if (model::is_secret_header(name) || names(name)) return std::string(kInstead);
  return of_url(value);
}

// The authority is as the client sent it: that of a CONNECT may be anything.
void Redaction::apply_to_target(AccessRecord& record, std::string& scratch) const {
  const bool in_authority = record.authority.contains('?');
  if (!in_authority && !record.request_target.contains('?')) return;
  scratch = of_url(record.request_target);
  const std::size_t size = scratch.size();
  if (in_authority) scratch += of_url(record.authority);
  const std::string_view both = scratch;
  record.request_target = both.substr(0, size);
  if (in_authority) record.authority = both.substr(size);
}

void Redaction::apply(AccessRecord& record, std::string (&scratch)[2]) const {
  if (empty()) return;
  apply_to_target(record, scratch[0]);
  if (record.redirect_url.contains('?')) record.redirect_url = scratch[1] = of_url(record.redirect_url);
  const auto hide = [&](std::string_view header, std::string_view& value) {
    if (!value.empty() && names(header)) value = kInstead;
  };
  hide("user-agent", record.user_agent);
  hide("x-request-id", record.request_id);
  hide("x-amzn-trace-id", record.trace_id);
  hide("traceparent", record.trace_id);
  record.own_ids = nullptr;  // they may not be ids any more
}

}  // namespace weir::observe
