#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

#include "bench/load/run.h"

// A run as text, and as a JSON document for programs. Pure.
namespace weir::bench {

inline double microseconds(base::Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

inline double seconds(base::Duration duration) { return std::chrono::duration<double>(duration).count(); }

// "http://127.0.0.1/ and 2 more"
std::string url_text(const LoadPlan& plan);
// "64 connections, 1 thread, 10 s after 1 s of warm-up, 1000 requests/s"
std::string load_text(const LoadPlan& plan);

std::string report_text(const LoadPlan& plan, const Outcome& outcome);
nlohmann::ordered_json report_json(const LoadPlan& plan, const Outcome& outcome);

}  // namespace weir::bench
