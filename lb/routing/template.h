#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "lb/model/template.h"

namespace weir::routing {

// What the variables of a template stand for in one exchange; what has not been set is empty.
class TemplateValues {
 public:
  using Variable = model::Template::Variable;

  void set(Variable variable, std::string_view text) { texts_[static_cast<std::size_t>(variable)] = text; }
  std::string_view get(Variable variable) const { return texts_[static_cast<std::size_t>(variable)]; }

 private:
  std::array<std::string_view, model::Template::kVariables> texts_;
};

// Appends. Values are put in as they are: whether the result may be sent is for the caller to check.
void expand(const model::Template& text, const TemplateValues& values, std::string& out);

}  // namespace weir::routing
