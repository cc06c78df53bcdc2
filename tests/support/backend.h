#pragma once

#include <atomic>
#include <string>

#include "tests/support/threaded_server.h"

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

  std::string address() const { return "127.0.0.1:" + port(); }
  const std::string& port() const { return server_.port(); }
  int requests() const { return requests_; }  // but for weir's own probes
  void release() { released_ = true; }

 private:
  bool answer(Connection& connection);

  const std::string name_;
  std::atomic<int> requests_{0};
  std::atomic<bool> released_{false};
  ThreadedServer server_;  // the last one: its threads use the others
};

}  // namespace weir::test
