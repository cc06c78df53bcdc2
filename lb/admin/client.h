#pragma once

#include <expected>
#include <string>

#include "lb/base/clock.h"

namespace weir::admin {

struct Call {
  std::string address = "127.0.0.1:9900";  // HOST:PORT or unix:/path
  std::string method = "GET";
  std::string path;
  std::string token;                                  // empty: none is sent
  base::Duration timeout = std::chrono::seconds(10);  // for all of it
};

struct Reply {
  unsigned status = 0;
  std::string body;
};

// Asks a daemon's admin API, for the command line: waits for the answer on a loop of its own. The error is
// one line: that nobody answers there, or what else went wrong.
std::expected<Reply, std::string> call(const Call& call);

}  // namespace weir::admin
