#pragma once

#include <string>
#include <string_view>

#include "config/keys/codec.h"

// Which values of a configuration prove who sends them: of headers whose name says so, in requests, answers,
// checks and conditions. They are in no plan, and not in what the admin API shows.
namespace weir::config {

// `path`: of a key, with its parents.
bool is_secret(std::string_view path);

// Puts kHidden into the place of each, at any depth below `path`.
inline constexpr std::string_view kHidden = "***";
void hide_secrets(Json& json, const std::string& path = {});

}  // namespace weir::config
