#pragma once

#include "tests/e2e/weir.h"

// The built weir-bench as a black box.
namespace weir::e2e {

Finished run_bench(const std::vector<std::string>& arguments);

// `weir-bench run` with these arguments: its report. `code` is what it has to exit with.
Json load(std::vector<std::string> arguments, int code = 0);

// `weir-bench backend` on a port of its own, serving when the constructor returns.
class BenchBackend {
 public:
  explicit BenchBackend(std::vector<std::string> arguments);

  const std::string& address() const { return address_; }
  std::string url(const std::string& path = "/") const { return "http://" + address_ + path; }
  Process& process() { return process_; }

 private:
  Process process_;
  std::string address_;
};

}  // namespace weir::e2e
