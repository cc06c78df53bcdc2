#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/backend/plan.h"
#include "lb/base/address.h"
#include "lb/net/socket_file.h"

namespace weir::bench {

struct BackendOptions {
  std::vector<base::SocketAddress> listen{};
  unsigned threads = 1;
  AnswerOptions answers{};
  std::optional<std::uint64_t> die_after{};  // requests
};

// A running backend: some addresses, served by some threads. Made and destroyed by one thread; destroying it
// cuts every connection and waits for the threads.
class Backend {
 public:
  // Whoever should die is told why on one of the backend's threads, perhaps more than once.
  using Die = std::function<void(std::string_view why)>;

  // Serves when it returns. The error is a sentence that names the address.
  static std::expected<std::unique_ptr<Backend>, std::string> start(const base::Clock& clock,
                                                                    BackendOptions options, Die die);
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  // What was really bound, in the order of the options: port 0 has become a number.
  const std::vector<base::SocketAddress>& addresses() const { return addresses_; }

 private:
  class Thread;

  Backend(const base::Clock& clock, BackendOptions options, Die die);
  std::optional<std::string> listen();
  void count_answer();

  const base::Clock& clock_;
  const BackendOptions options_;
  const Die die_;
  std::atomic<std::uint64_t> answered_{0};  // only counted if that many end it
  std::vector<base::SocketAddress> addresses_;
  std::vector<net::SocketFile> files_;
  std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace weir::bench
