#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/load/plan.h"

namespace weir::bench {

// Requests a second: one rate, or a ramp from one to another.
struct Rate {
  double from = 0;
  double to = 0;
  bool operator==(const Rate&) const = default;
};

// "1000" or "1000-5000"; both over 0.
std::expected<Rate, std::string> parse_rate(std::string_view text);

// `weir-bench run` as it is written on the command line: each option for itself is valid.
struct RunOptions {
  std::vector<Url> urls;
  std::vector<unsigned> weights;  // of the URLs, in their order; empty: all alike
  std::string connect;            // instead of the URLs' host and port; empty: those
  unsigned connections = 64;
  unsigned threads = 1;
  base::Duration duration = std::chrono::seconds(10);
  base::Duration warmup = std::chrono::seconds(1);
  base::Duration timeout = std::chrono::seconds(10);
  std::optional<Rate> rate;           // a ramp goes through the duration; absent: a closed loop
  std::string method;                 // empty: GET, or POST with a body
  std::optional<std::uint64_t> body;  // bytes
  std::string body_file;              // its content instead
  std::vector<std::pair<std::string, std::string>> fields;
  bool http2 = false;
  std::optional<unsigned> streams;
  bool resume = false;
  bool close = false;
  bool cookies = false;
};

// Everything but the address, which has to be looked up. The error is one line, and names the option.
std::expected<LoadPlan, std::string> plan_of(const RunOptions& options);

}  // namespace weir::bench
