#include "bench/compare/scratch.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

namespace weir::bench::compare {

std::expected<std::unique_ptr<Scratch>, std::string> Scratch::make() {
  std::error_code error;
  const auto base = std::filesystem::temp_directory_path(error);
  if (error) return std::unexpected(error.message());
  std::string path = (base / "weir-bench-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr || ::chmod(path.c_str(), 0755) != 0) {
    return std::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  }
  return std::unique_ptr<Scratch>(new Scratch(path));
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::filesystem::path Scratch::next(std::string_view name) {
  return directory_ / fmt::format("{}-{}", ++count_, name);
}

std::expected<std::string, std::string> read_file(const std::filesystem::path& path) {
  errno = 0;
  const std::ifstream file(path);
  if (!file) return std::unexpected(fmt::format("{}: {}", path.string(), std::strerror(errno)));
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::expected<void, std::string> write_file(const std::filesystem::path& path, std::string_view text) {
  errno = 0;
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) return std::unexpected(fmt::format("{}: {}", path.string(), std::strerror(errno)));
  return {};
}

}  // namespace weir::bench::compare
