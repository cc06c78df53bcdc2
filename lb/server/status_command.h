#pragma once

#include <string>

// `weir status`.
namespace weir::server {

struct StatusOptions {
  std::string admin = "127.0.0.1:9900";  // HOST:PORT, http://HOST:PORT or unix:/path
  std::string token_file;                // empty: no token is sent
  bool json = false;
};

// Prints what a running daemon does, as tables or as its JSON. Returns the exit code: 0, or 1 with one line
// on stderr if there was no proper answer.
int status_command(const StatusOptions& options);

}  // namespace weir::server
