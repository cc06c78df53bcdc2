#include "config/keys/file_path.h"

#include <algorithm>
#include <filesystem>

#include "config/keys/texts.h"

namespace weir::config {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExpectedPath = "the path of a file";

bool is_file_path(std::string_view text) {
  constexpr std::size_t kMostOfLinux = 4095;
  const auto printable = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
  return !text.empty() && text.size() <= kMostOfLinux && !text.ends_with('/') &&
         std::ranges::all_of(text, printable);
}

// Without a current folder there is none; then it stays as it is.
std::string absolute(const std::string& path) {
  std::error_code failed;
  const fs::path result = fs::absolute(path, failed);
  return failed ? path : result.lexically_normal().string();
}

}  // namespace

std::string beside(const Value& value, const std::string& path) {
  const fs::path folder = fs::path(value.node().source->name()).parent_path();
  return (folder / path).lexically_normal().string();
}

Codec<model::FilePath> file_path() {
  const auto text = checked_text<Message::not_a_file_path>(
      kExpectedPath, pattern_schema("^[^\\x00-\\x1f\\x7f]*[^/\\x00-\\x1f\\x7f]$"), is_file_path);
  return {.expected = kExpectedPath,
          .read = [text](const Value& value) -> std::optional<model::FilePath> {
            const auto path = text.read(value);
            if (!path) return std::nullopt;
            model::FilePath file{.path = absolute(beside(value, *path)), .place = value.place()};
            value.report().note_file(file.path);
            return file;
          },
          .write = [](const model::FilePath& file) { return write_text(file.path); },
          .schema = text.schema};
}

}  // namespace weir::config
