#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tests/support/connection.h"

namespace weir::test {

// A plain HTTP/1.1 server for tests, with a thread for each connection. It answers
//
//   .../name       its name
//   /delay/MS      the target, after so many milliseconds
//   /held          the target, once release() was called
//   /bytes/N       N bytes of pattern()
//   /count         the number of bytes of the request's body, and whether they were pattern()
//   /slow-count    the same, reading with pauses
//   /head          the request's head as it came
//   anything else  the target
//
// and with the query ?set-cookie=NAME=VALUE that cookie.
class Backend {
 public:
  explicit Backend(std::string name = "backend");
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  const std::string& address() const { return address_; }
  std::string port() const { return address_.substr(address_.find(':') + 1); }
  int requests() const { return requests_; }  // but for weir's own probes
  void release() { released_ = true; }

 private:
  void accept_all();
  void serve(Connection connection);
  bool answer(Connection& connection);

  const std::string name_;
  int socket_ = -1;
  std::string address_;
  std::atomic<int> requests_{0};
  std::atomic<bool> released_{false}, stopping_{false};
  std::mutex mutex_;
  std::list<int> open_;  // guarded by mutex_
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

// A port of the loopback interface that was free a moment ago, for programs that cannot choose one
// themselves.
std::string free_port();

}  // namespace weir::test
