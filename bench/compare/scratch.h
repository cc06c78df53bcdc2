#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace weir::bench::compare {

// A directory for configurations and outputs, which goes away with this object. Others may read it: some
// proxies drop their privileges.
class Scratch {
 public:
  static std::expected<std::unique_ptr<Scratch>, std::string> make();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::filesystem::path& directory() const { return directory_; }
  // A path in it that nobody has been given before.
  std::filesystem::path next(std::string_view name);

 private:
  explicit Scratch(std::filesystem::path directory) : directory_(std::move(directory)) {}

  std::filesystem::path directory_;
  unsigned count_ = 0;
};

std::expected<std::string, std::string> read_file(const std::filesystem::path& path);
std::expected<void, std::string> write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace weir::bench::compare
