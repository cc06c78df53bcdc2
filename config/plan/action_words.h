#pragma once

#include <optional>
#include <string>

#include "lb/model/rule.h"

namespace weir::config {

// "forwards to api-v2", "redirects with 301 to https://#{host}/#{path}", "answers 503". Escaped.
std::string action_words(const model::Action& action);

// "now forwards to api-v2", for an action of another kind and for other target groups. Absent where the keys
// say more: nothing or settings of a redirect or an answer differ.
std::optional<std::string> new_action(const model::Action& before, const model::Action& after);

// Absent unless an answer comes from the same file as before, which has another content now.
std::optional<std::string> new_content(const model::Action& before, const model::Action& after);

}  // namespace weir::config
