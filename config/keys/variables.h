#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "config/environment.h"

namespace weir::config {

// Why a text can't be expanded, and which of its bytes are to blame.
struct VariableProblem {
  enum class Kind { unset, not_a_name, unclosed };
  Kind kind;
  std::string name;
  std::size_t begin;
  std::size_t length;
};

// Replaces ${NAME} and ${NAME:-default}; the default also stands for an empty variable, as in a
// shell. $${ is a literal ${. What is put in is not looked at again.
std::expected<std::string, VariableProblem> expand_variables(std::string_view text,
                                                             const Environment& environment);

// The other way round: a text that expands to `text`.
std::string protect_variables(std::string text);

}  // namespace weir::config
