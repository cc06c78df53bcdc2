#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "tests/support/connection.h"

namespace weir::test {

// A socket on a free port of the loopback interface, with a thread for each connection that comes.
class ThreadedServer {
 public:
  // Answers one request; false at the end of the connection. Called by many threads, until the end of the
  // destructor.
  using Answer = std::function<bool(Connection& connection)>;

  explicit ThreadedServer(Answer answer);
  // Cuts all connections, and waits for the threads.
  ~ThreadedServer();
  ThreadedServer(const ThreadedServer&) = delete;
  ThreadedServer& operator=(const ThreadedServer&) = delete;

  const std::string& port() const { return port_; }
  int connections() const { return connections_; }
  bool stopping() const { return stopping_; }

 private:
  void accept_all();
  void serve(Connection connection);

  const Answer answer_;
  const int socket_;
  const std::string port_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::list<int> open_;  // guarded by mutex_
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

// A port of the loopback interface that was free a moment ago, for programs that cannot choose one
// themselves.
std::string free_port();

}  // namespace weir::test
