#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/compare/workload.h"

// The arguments of the weir-bench commands that a comparison starts.
namespace weir::bench::compare {

struct LoadPlan {
  std::uint16_t port = 0;
  unsigned connections = 1;
  std::chrono::milliseconds warmup{500};
  std::chrono::milliseconds duration{2000};
  std::optional<double> rate;  // requests/s; absent: closed loop
  pid_t process = 0;           // whose processor time is measured
  std::string json;            // the file for the result
};

std::vector<std::string> load_arguments(const Workload& workload, const LoadPlan& plan);
// `port` 0: any.
std::vector<std::string> target_arguments(std::chrono::milliseconds delay, std::uint16_t port = 0);

// The port of "listening on 127.0.0.1:8081" in what a target has printed.
std::optional<std::uint16_t> listening_port(std::string_view output);

}  // namespace weir::bench::compare
