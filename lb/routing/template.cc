#include "lb/routing/template.h"

namespace weir::routing {

void expand(const model::Template& text, const TemplateValues& values, std::string& out) {
  for (const model::Template::Part& part : text.parts) {
    out += part.text;
    out += values.get(part.variable);
  }
}

}  // namespace weir::routing
