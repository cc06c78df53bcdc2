#include "bench/compare/command_line.h"

#include <fmt/format.h>

#include "lb/base/text.h"

namespace weir::bench::compare {
namespace {

std::string milliseconds_text(std::chrono::milliseconds duration) {
  return fmt::format("{}ms", duration.count());
}

}  // namespace

std::vector<std::string> load_arguments(const Workload& workload, const LoadPlan& plan) {
  const char* const scheme = workload.websocket ? "ws" : workload.secure ? "https" : "http";
  std::vector<std::string> arguments{"run",
                                     fmt::format("{}://127.0.0.1:{}{}", scheme, plan.port, workload.path)};
  const auto add = [&](const auto&... words) { (arguments.emplace_back(words), ...); };
  add("-c", std::to_string(plan.connections));
  add("-d", milliseconds_text(plan.duration));
  add("--warmup", milliseconds_text(plan.warmup));
  if (plan.rate) add("--rate", fmt::format("{:.0f}", *plan.rate));
  if (workload.method != "GET") add("--method", std::string(workload.method));
  if (workload.body > 0) add("--body", std::to_string(workload.body));
  if (workload.close) add("--close");
  if (workload.resume) add("--resume");
  if (workload.streams > 0) add("--http2", "--streams", std::to_string(workload.streams));
  add("--timeout", "5s");
  add("--process", std::to_string(plan.process));
  add("--json", plan.json);
  return arguments;
}

std::vector<std::string> target_arguments(std::chrono::milliseconds delay, std::uint16_t port) {
  std::vector<std::string> arguments{"backend", "--listen", fmt::format("127.0.0.1:{}", port), "--threads",
                                     "1"};
  if (delay.count() > 0) {
    arguments.emplace_back("--delay");
    arguments.push_back(milliseconds_text(delay));
  }
  return arguments;
}

std::optional<std::uint16_t> listening_port(std::string_view output) {
  constexpr std::string_view kBefore = "listening on 127.0.0.1:";
  const std::size_t at = output.find(kBefore);
  const std::size_t end = output.find('\n', at == std::string_view::npos ? 0 : at);
  if (at == std::string_view::npos || end == std::string_view::npos) return std::nullopt;
  const std::size_t begin = at + kBefore.size();
  const auto port = base::parse_decimal(base::trim(output.substr(begin, end - begin)));
  if (!port || *port == 0 || *port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

}  // namespace weir::bench::compare
