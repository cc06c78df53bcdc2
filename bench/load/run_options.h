#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/plan.h"

namespace weir::bench {

// `weir-bench run` as it is written on the command line.
struct RunOptions {
  std::vector<std::string> urls;
  std::vector<unsigned> weights;  // of the URLs, in their order; empty: all alike
  std::string connect;            // instead of the URLs' host and port; empty: those
  unsigned connections = 64;
  unsigned threads = 1;
  std::string duration = "10s";
  std::string warmup = "1s";
  std::string timeout = "10s";
  std::string rate;  // "1000", or a ramp over the duration: "1000-5000"; empty: a closed loop
  std::string method;
  std::string body;                       // a size
  std::string body_file;                  // its content instead
  std::vector<std::string> headers;       // "Name: value"
  std::vector<std::string> header_files;  // with one such line each
  bool close = false;
  bool cookies = false;
};

// Everything but the address, which has to be looked up. The error is one line, and names the option.
std::expected<LoadPlan, std::string> plan_of(const RunOptions& options);

// "Name: value", with valid characters (RFC 9110 5.1, 5.5).
std::expected<std::pair<std::string, std::string>, std::string> parse_header(std::string_view line);
// "1000" or "1000-5000", in requests a second; the ramp goes through `duration`, after `warmup`.
std::expected<Pace, std::string> parse_rate(std::string_view text, base::Duration warmup,
                                            base::Duration duration);

}  // namespace weir::bench
