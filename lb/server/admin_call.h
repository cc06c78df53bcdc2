#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "lb/admin/client.h"

// How the commands reach the admin API of a running daemon.
namespace weir::server {

struct AdminOptions {
  std::string admin = "127.0.0.1:9900";  // HOST:PORT, http://HOST:PORT or unix:/path
  std::string token_file;                // empty: no token is sent
  bool json = false;                     // print what the daemon answers
};

// The call with its address and token. The error is one line.
std::expected<admin::Call, std::string> addressed(admin::Call call, const AdminOptions& options);

// The answer to the call, of a status below 300. The error is one line: the daemon's own sentence if it has
// one.
std::expected<admin::Reply, std::string> ask(admin::Call call, const AdminOptions& options);

// Prints the text, or `weir COMMAND: ` and the error to stderr; that the text could not be written is one.
// Returns the exit code.
int print(const char* command, const std::expected<std::string, std::string>& text);

// As stdout wants it, and NO_COLOR.
bool colours_wanted();

// How wide the terminal is that stdout is; 0: it is none.
std::size_t output_columns();

}  // namespace weir::server
