#pragma once

#include <cstddef>
#include <string>

#include "config/diagnostics.h"
#include "config/plan.h"

// A plan as text and as JSON. Nothing of a configuration gets into either unescaped.
namespace weir::config {

struct PlanBounds {
  std::size_t of_subject = 20;
  std::size_t of_all = 100;
};

// For the log, on one line: "target group app: + 10.0.3.10:8080 (az-3); - 10.0.1.10:8080 drains for 300 s;
// listener public: rule 'api' now forwards to api-v2". What is beyond the bounds is counted. "no changes"
// without any.
std::string plan_line(const Plan& plan, const PlanBounds& bounds = {});

// For a terminal: all of it, a change on each line, with + - or ~ in front.
std::string plan_text(const Plan& plan, Colour colour = Colour::off);

// {"changes": [{"subject", "kind", "text", "needs_restart"}], "total", "needs_restart"}; of the changes at
// most kMostListed.
inline constexpr std::size_t kMostListed = 20'000;
std::string plan_json(const Plan& plan);

}  // namespace weir::config
