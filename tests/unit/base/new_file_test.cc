#include "lb/base/new_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <iterator>

#include "tests/support/temporary_directory.h"

using namespace weir;

TEST_CASE("a new file is whole, for its owner alone, and leaves nothing beside it") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path("new");
  CHECK(base::write_new_file(path, "all of it"));
  CHECK(test::read_file(path) == "all of it");
  struct stat about{};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
}

TEST_CASE("where there is a file, or a link to nowhere, nothing is written") {
  const test::TemporaryDirectory directory;
  const std::string file = directory.path("file"), link = directory.path("link");
  REQUIRE(base::write_new_file(file, "first"));
  std::filesystem::create_symlink(directory.path("nowhere"), link);
  const auto touched = std::filesystem::last_write_time(directory.path()) - std::chrono::hours(1);
  std::filesystem::last_write_time(directory.path(), touched);
  CHECK(base::write_new_file(file, "second").error() == EEXIST);
  CHECK(base::write_new_file(link, "second").error() == EEXIST);
  CHECK(std::filesystem::last_write_time(directory.path()) == touched);
  CHECK(test::read_file(file) == "first");
  CHECK(base::write_new_file(directory.path("none/file"), "text").error() == ENOENT);
}
