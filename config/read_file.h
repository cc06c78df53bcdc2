#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace weir::config {

enum class ReadError { system, not_regular, too_large };

struct ReadFailure {
  ReadError error;
  int system_error = 0;
};

// A pipe (such as /dev/stdin) is fine for the main file only: no other may make weir wait.
enum class Accept { any, regular };

std::expected<std::string, ReadFailure> read_file(const std::string& path, std::size_t most, Accept accept);

}  // namespace weir::config
