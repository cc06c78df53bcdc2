#include "lb/http/client_address.h"

#include <algorithm>

#include "lb/base/text.h"

namespace weir::http {
namespace {

// Goes through a comma separated list from its end while `each` says true.
template <class Each>
bool for_each_element_backwards(std::string_view list, Each&& each) {
  while (true) {
    const std::size_t comma = list.rfind(',');
    const std::string_view element =
        base::trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
    if (!element.empty() && !each(element)) return false;
    if (comma == std::string_view::npos) return true;
    list = list.substr(0, comma);
  }
}

}  // namespace

bool is_trusted(const base::IpAddress& address, std::span<const base::Cidr> trust) {
  return std::ranges::any_of(trust, [&](const base::Cidr& block) { return block.contains(address); });
}

std::optional<base::IpAddress> read_forwarded_address(std::string_view element) {
  if (element.starts_with('[')) {
    const std::size_t end = element.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    element = element.substr(1, end - 1);
  } else if (const std::size_t colon = element.find(':');
             colon != std::string_view::npos && element.find(':', colon + 1) == std::string_view::npos) {
    element = element.substr(0, colon);
  }
  const std::expected<base::IpAddress, std::string> address = base::IpAddress::parse(element);
  if (!address) return std::nullopt;
  return *address;
}

base::IpAddress client_address(const base::IpAddress& peer, const FieldList& fields,
                               std::span<const base::Cidr> trust) {
  base::IpAddress client = peer;
  if (!fields.has(FieldId::x_forwarded_for) || !is_trusted(peer, trust)) return client;
  const auto look = [&](std::string_view element) {
    const std::optional<base::IpAddress> address = read_forwarded_address(element);
    if (address) client = *address;
    return address && is_trusted(*address, trust);
  };
  for (std::size_t i = fields.size(); i-- > 0;) {
    const Field field = fields[i];
    if (field.id == FieldId::x_forwarded_for && !for_each_element_backwards(field.value, look)) break;
  }
  return client;
}

std::size_t count_forwarded_addresses(const FieldList& fields) {
  std::size_t count = 0;
  if (!fields.has(FieldId::x_forwarded_for)) return count;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].id != FieldId::x_forwarded_for) continue;
    base::for_each_list_element(fields[i].value, [&](std::string_view) { ++count; });
  }
  return count;
}

}  // namespace weir::http
