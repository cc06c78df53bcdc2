#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/base/clock.h"

namespace weir::admin {

struct Call {
  std::string address = "127.0.0.1:9900";  // HOST:PORT or unix:/path
  std::string method = "GET";
  std::string path;
  std::string body;                                         // JSON; empty: none is sent
  std::string token;                                        // empty: none is sent
  std::vector<std::pair<std::string, std::string>> fields;  // beside Host, Accept and the token
  base::Duration timeout = std::chrono::seconds(10);        // for all of it
};

struct Reply {
  unsigned status = 0;
  std::string body;
};

// Asks a daemon's admin API, for the command line: waits for the answer on a loop of its own. The error is
// one line: that nobody answers there, or what else went wrong.
std::expected<Reply, std::string> call(const Call& call);

// Follows an answer that goes on: `each` gets the pieces of a body of status 200 as they come. Returns when
// the daemon ends the answer (with the body empty), or with the whole answer if its status is another one.
// The error is as above, also when nothing came for longer than the daemon is ever silent. `timeout` has no
// meaning here.
std::expected<Reply, std::string> follow(const Call& call, const std::function<void(std::string_view)>& each);

}  // namespace weir::admin
