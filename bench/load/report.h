#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

#include "bench/load/run.h"

// A run as text, and as a JSON document for programs. Pure.
namespace weir::bench {

std::string report_text(const LoadPlan& plan, const Outcome& outcome);
nlohmann::ordered_json report_json(const LoadPlan& plan, const Outcome& outcome);

}  // namespace weir::bench
