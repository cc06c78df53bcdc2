#include "lb/admin/query.h"

#include <algorithm>

#include "lb/admin/percent.h"

namespace weir::admin {

std::expected<std::optional<std::string>, std::string> query_value(std::string_view query,
                                                                   std::string_view name) {
  std::optional<std::string> result;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    if (parameter.substr(0, equals) != name) continue;
    if (result) return std::unexpected("is given twice");
    result = decode_percent(parameter.substr(std::min(equals + 1, parameter.size())));
    if (!result) return std::unexpected("a '%' is followed by two hexadecimal digits");
  }
  return result;
}

}  // namespace weir::admin
