#include "lb/http/cookies.h"

#include <algorithm>

namespace weir::http {
namespace {

constexpr std::size_t kFew = 4;

bool is_one_of(std::string_view part, std::span<const std::string_view> names) {
  if (names.size() > kFew)
    return std::ranges::binary_search(names, base::trim(part.substr(0, part.find('='))));
  return std::ranges::any_of(names, [&](std::string_view name) { return is_cookie(part, name); });
}

}  // namespace

bool has_cookie(const FieldList& request, std::string_view name) {
  bool found = false;
  for_each_cookie(request, name, [&](std::string_view) { return !(found = true); });
  return found;
}

Left remove_cookies(std::string_view value, std::span<const std::string_view> names, std::string& out) {
  const std::size_t start = out.size();
  std::size_t copied = 0;  // of `value`: all before is in `out` or removed
  bool removed = false;
  const auto copy = [&](std::string_view run) {
    if (out.size() != start) {
      out.append(";").append(run);
    } else {
      out.append(removed ? run.substr(std::min(run.find_first_not_of(" \t"), run.size())) : run);
    }
  };
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t end = std::min(value.find(';', at), value.size());
    if (is_one_of(value.substr(at, end - at), names)) {
      if (at > copied) copy(value.substr(copied, at - 1 - copied));
      removed = true;
      copied = end + 1;
    }
    at = end + 1;
  }
  if (!removed) return Left::all;
  if (copied <= value.size()) copy(value.substr(copied));
  if (out.find_first_not_of("; \t", start) != std::string::npos) return Left::some;
  out.resize(start);
  return Left::none;
}

bool sets_cookie(const FieldList& response, std::string_view name) {
  if (!response.has(FieldId::set_cookie)) return false;
  for (std::size_t i = 0; i < response.size(); ++i) {
    const Field field = response[i];
    if (field.id != FieldId::set_cookie) continue;
    if (is_cookie(field.value.substr(0, field.value.find(';')), name)) return true;
  }
  return false;
}

}  // namespace weir::http
