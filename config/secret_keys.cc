#include "config/secret_keys.h"

#include <algorithm>

#include "lb/base/text.h"

namespace weir::config {
namespace {

constexpr std::string_view kSecretHeaders[] = {"authorization", "cookie", "api-key", "token", "secret"};

}  // namespace

bool is_secret(std::string_view path) {
  const std::string lower = base::to_lower(path);
  return (lower.contains("header.") || lower.contains("headers.")) &&
         std::ranges::any_of(kSecretHeaders, [&](std::string_view name) { return lower.ends_with(name); });
}

void hide_secrets(Json& json, const std::string& path) {
  if (json.is_string() && is_secret(path)) {
    json = kHidden;
  } else if (json.is_object()) {
    for (auto& [key, value] : json.items()) hide_secrets(value, path.empty() ? key : path + "." + key);
  } else if (json.is_array()) {
    for (Json& item : json) hide_secrets(item, path);
  }
}

}  // namespace weir::config
