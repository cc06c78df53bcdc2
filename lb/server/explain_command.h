#pragma once

#include <string>
#include <vector>

#include "lb/server/admin_call.h"

// `weir explain`.
namespace weir::server {

struct ExplainOptions {
  std::string file;    // empty: a running daemon is asked
  AdminOptions admin;  // and whether JSON is printed
  std::string url;
  std::string method = "GET";
  std::vector<std::string> headers;  // "NAME: VALUE"
  std::string from = "127.0.0.1";
  std::string listener;
};

// Says what becomes of a request, by a file alone or by what a running daemon knows. Returns the exit code:
// 0; 1 if the file is not valid or nobody answered; 2 if the question is none.
int explain_command(const ExplainOptions& options);

}  // namespace weir::server
