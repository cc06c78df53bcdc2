#pragma once

#include <string>

// `weir check` and `weir schema`.
namespace weir::server {

struct CheckOptions {
  enum class Format { text, json };
  std::string file = "/etc/weir/weir.yaml";
  Format format = Format::text;
};

// Prints every problem of the file, the routing tests that fail included, or that it is valid. Returns the
// exit code: 0 valid, 1 invalid.
int check_command(const CheckOptions& options);

// Prints the JSON Schema of the configuration file. Returns the exit code.
int schema_command();

}  // namespace weir::server
