#pragma once

#include <filesystem>
#include <string>
#include <vector>

// A directory of its own for each test that needs files; gone with it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string path(const std::string& name) const { return (directory_ / name).string(); }

 private:
  std::filesystem::path directory_;
};

std::string read_file(const std::string& path);
std::vector<std::string> read_lines(const std::string& path);
