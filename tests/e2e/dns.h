#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/e2e/weir.h"
#include "tests/support/dns_server.h"

namespace weir::e2e {

inline constexpr std::uint16_t kA = 1, kAaaa = 28, kSrv = 33;

// Answers while it lives. What it says is good for a second.
class Dns {
 public:
  Dns() = default;
  ~Dns() { thread_ = {}; }
  Dns(const Dns&) = delete;
  Dns& operator=(const Dns&) = delete;

  // While it is held, questions wait.
  void hold(bool held) { held_ = held; }
  // It answers no more.
  void stop() { thread_ = {}; }

  std::string address() const { return server_.address().to_string(); }
  void addresses(const std::string& name, const std::vector<std::string>& addresses) {
    DnsReply reply;
    for (const std::string& address : addresses) reply.records.push_back(a_record(name, address, 1));
    say({name, kA}, std::move(reply));
  }
  void say(const DnsQuestion& question, DnsReply reply) {
    const std::lock_guard lock(mutex_);
    server_.answer(question, std::move(reply));
  }

 private:
  std::atomic<bool> held_{false};
  std::mutex mutex_;
  DnsServer server_;  // guarded by mutex_
  std::jthread thread_{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!held_) {
        const std::lock_guard lock(mutex_);
        server_.serve();
      }
      std::this_thread::sleep_for(Milliseconds(2));
    }
  }};
};

}  // namespace weir::e2e
