#include "lb/admin/json_words.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lb/base/text.h"

namespace weir::admin {

std::string word(const nlohmann::json& value) { return base::escape(value.get<std::string>()); }

std::string target_cell(const nlohmann::json& target) {
  const std::string id = word(target.at("id")), address = word(target.at("address"));
  return id == address || id.empty() ? address : fmt::format("{} ({})", id, address);
}

}  // namespace weir::admin
