#include "bench/command_line/header_field.h"

#include <fmt/format.h>

#include "lb/base/text.h"
#include "lb/http/field_id.h"
#include "lb/http/syntax.h"

namespace weir::bench {
namespace {

constexpr std::size_t kMostName = 256;

bool is_ours(http::FieldId id) {
  using enum http::FieldId;
  return id == connection || id == content_length || id == transfer_encoding || id == te || id == trailer ||
         id == upgrade || id == keep_alive || id == expect;
}

}  // namespace

std::expected<std::pair<std::string, std::string>, std::string> parse_header_field(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (colon == std::string_view::npos || name.size() > kMostName || !http::is_token(name)) {
    return std::unexpected(fmt::format("'{}' is not 'Name: value'", base::escape(text)));
  }
  const std::string_view value = base::trim(text.substr(colon + 1));
  if (!http::is_field_value(value)) {
    return std::unexpected(fmt::format("the value of {} has control characters", name));
  }
  if (is_ours(http::field_id(name))) {
    return std::unexpected(fmt::format("{} is written by weir-bench itself", name));
  }
  return std::pair(std::string(name), std::string(value));
}

}  // namespace weir::bench
