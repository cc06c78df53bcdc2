#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

// What the commands show of the admin API's documents. Of another shape than theirs: throws as nlohmann::json
// does, which the callers expect.
namespace weir::admin {

// A text, escaped for a terminal.
std::string word(const nlohmann::json& value);

// Of a target: "app-1 (10.0.0.1:80)"; the address alone where it is the id.
std::string target_cell(const nlohmann::json& target);

}  // namespace weir::admin
