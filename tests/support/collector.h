#pragma once

#include <atomic>
#include <deque>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/connection.h"

namespace weir::test {

// A collector of OTLP/HTTP for tests: it keeps what it is sent and answers as it is told, with 200 and {} if
// it is told nothing. A thread for each connection.
class Collector {
 public:
  struct Reply {
    int status = 200;
    std::string fields = {};  // lines, each with its end
    std::string body = "{}";
    bool then_close = false;  // without saying so
  };
  struct Post {
    std::string head;  // lines joined by line feeds
    std::string body;
  };

  Collector();
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  std::string url() const { return "http://127.0.0.1:" + port_ + "/v1/traces"; }
  const std::string& port() const { return port_; }

  // To the next posts, one each.
  void answer_next(const Reply& reply);
  // Takes posts and answers none, or goes on.
  void hold(bool held) { held_ = held; }

  std::vector<Post> posts() const;
  int connections() const { return connections_; }
  // Waits until there are so many.
  bool has_posts(std::size_t count) const;

 private:
  void accept_all();
  void serve(Connection connection);
  bool take(Connection& connection);
  Reply next_reply();

  int socket_ = -1;
  std::string port_;
  std::atomic<bool> held_{false}, stopping_{false};
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::deque<Reply> replies_;  // these three guarded by mutex_
  std::vector<Post> posts_;
  std::list<int> open_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace weir::test
