#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "config/load.h"

namespace weir::config {

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  REQUIRE_MESSAGE(stream.good(), path.string());
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// A folder that goes away with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-config-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string write(const std::string& name, std::string_view text) const {
    const std::filesystem::path path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The snapshot of a text that must be valid.
inline model::Snapshot snapshot_of(std::string_view text, const Environment& environment = {}) {
  const auto loaded = load_text(text, "test.yaml", {.environment = environment});
  REQUIRE_MESSAGE(loaded.has_value(), (loaded ? std::string() : to_text(loaded.error())));
  return loaded->snapshot;
}

// The id of the first diagnostic of a text that must not be valid.
inline std::string first_error(std::string_view text, const Environment& environment = {}) {
  const auto loaded = load_text(text, "test.yaml", {.environment = environment});
  REQUIRE_FALSE(loaded.has_value());
  return loaded.error().front().id;
}

inline constexpr std::string_view kListener =
    "listeners: { web: { bind: \"0.0.0.0:8080\", forward: app } }\n";
inline constexpr std::string_view kGroup = "target_groups: { app: { targets: [10.0.1.10:8080] } }\n";
inline const std::string kMinimal = std::string(kListener).append(kGroup);

}  // namespace weir::config
