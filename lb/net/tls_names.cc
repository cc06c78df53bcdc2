#include "lb/net/tls_names.h"

#include <algorithm>
#include <array>

#include "lb/base/address.h"
#include "lb/base/text.h"
#include "lb/net/tls_identity.h"

namespace weir::net {
namespace {

constexpr std::string_view kWildcard = "*.";

std::string_view without_dot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

bool is_askable(std::string_view name) {
  return !name.empty() && name.size() <= kMostDnsNameBytes && !name.contains('*') &&
         !base::IpAddress::parse(name).has_value();
}

}  // namespace

TlsNames::TlsNames(std::span<const std::vector<std::string>> names) {
  for (std::size_t identity = 0; identity < names.size(); ++identity) {
    for (const std::string& each : names[identity]) {
      const std::string lower = base::to_lower(without_dot(each));
      std::string_view name = lower;
      const bool is_wildcard = name.starts_with(kWildcard);
      if (is_wildcard) name.remove_prefix(kWildcard.size());
      if (!is_askable(name)) continue;
      std::vector<std::size_t>& serve = (is_wildcard ? wildcards_ : exact_)[std::string(name)];
      if (serve.empty() || serve.back() != identity) serve.push_back(identity);
    }
  }
}

std::span<const std::size_t> TlsNames::find(std::string_view server_name) const {
  server_name = without_dot(server_name);
  std::array<char, kMostDnsNameBytes> lower{};
  if (server_name.size() > lower.size()) return {};
  std::ranges::transform(server_name, lower.begin(), base::lower);
  const std::string_view name(lower.data(), server_name.size());
  if (const auto exact = exact_.find(name); exact != exact_.end()) return exact->second;
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  const auto wildcard = wildcards_.find(name.substr(dot + 1));
  return wildcard == wildcards_.end() ? std::span<const std::size_t>() : wildcard->second;
}

}  // namespace weir::net
