#include "lb/sticky/key_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.h"
#include "tests/unit/sticky/support.h"

namespace weir::sticky {

TEST_CASE("keys are read from a file, and what is wrong names the file") {
  const weir::test::TemporaryDirectory directory;
  const std::string path = directory.path() + "/cookie.keys";
  const auto missing = load_keys(path);
  REQUIRE_FALSE(missing);
  CHECK(missing.error() == "cannot read " + path + ": No such file or directory");

  std::ofstream(path) << test::kOnes << "\nrubbish\n";
  const auto bad = load_keys(path);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().starts_with(path + ": line 2: expected a key"));

  std::ofstream(path) << test::kOnes << "\n" << test::kTwos;
  const auto keys = load_keys(path);
  REQUIRE(keys);
  CHECK((*keys)->size() == 2);

  std::ofstream(path) << std::string(70'000, '#');
  CHECK_FALSE(load_keys(path));
  CHECK_FALSE(load_keys(directory.path()));
  const std::string pipe = directory.path() + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(load_keys(pipe).error() == "cannot read " + pipe + ": it is no file");
}

TEST_CASE("a key is made once, for its owner alone, and kept") {
  const weir::test::TemporaryDirectory directory;
  const std::string path = directory.path() + "/cookie.keys";
  const auto made = load_or_make_keys(path);
  REQUIRE(made);
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  const auto again = load_or_make_keys(path);
  REQUIRE(again);
  CHECK((**made)[0].id == (**again)[0].id);
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
}

TEST_CASE("a file that does not read is not replaced") {
  const weir::test::TemporaryDirectory directory;
  const std::string path = directory.path() + "/cookie.keys";
  std::ofstream(path) << "rubbish\n";
  CHECK_FALSE(load_or_make_keys(path));
  CHECK(std::filesystem::file_size(path) == 8);
  CHECK_FALSE(load_or_make_keys(directory.path() + "/none/cookie.keys"));
}

TEST_CASE("keys of the process alone are new each time") {
  const auto one = make_keys();
  const auto other = make_keys();
  REQUIRE(one);
  REQUIRE(other);
  CHECK((**one)[0].id != (**other)[0].id);
}

}  // namespace weir::sticky
