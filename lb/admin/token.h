#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace weir::admin {

struct TokenFile {
  std::string token;
  std::string warning;  // empty, or what an operator should change about the file
};

// The token in `path`: one line of characters that may stand behind "Bearer" (RFC 6750 2.1), at least 8 of
// them. The error says what is wrong with the file and never shows what is in it.
std::expected<TokenFile, std::string> read_token_file(const std::string& path);

// Takes the same time wherever the two differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace weir::admin
