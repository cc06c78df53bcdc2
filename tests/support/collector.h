#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/threaded_server.h"

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

  std::string url() const { return "http://127.0.0.1:" + port() + "/v1/traces"; }
  const std::string& port() const { return server_.port(); }

  // To the next posts, one each.
  void answer_next(const Reply& reply);
  // Takes posts and answers none, or goes on.
  void hold(bool held) { held_ = held; }

  std::vector<Post> posts() const;
  int connections() const { return server_.connections(); }
  // Waits until there are so many.
  bool has_posts(std::size_t count) const;

 private:
  bool take(Connection& connection);
  Reply next_reply();

  std::atomic<bool> held_{false};
  mutable std::mutex mutex_;
  std::deque<Reply> replies_;  // guarded by mutex_, as the posts
  std::vector<Post> posts_;
  ThreadedServer server_;  // the last one: its threads use the others
};

}  // namespace weir::test
