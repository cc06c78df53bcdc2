#include "lb/net/file_events.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.h"

using namespace std::chrono_literals;

namespace weir::net {
namespace {

struct Scene {
  // Whether there was a hint since the last question, or there is one in time.
  bool hint() {
    const base::Instant end = clock.now() + 20s;
    while (hints == 0 && clock.now() < end) loop.run_once(10ms);
    return std::exchange(hints, 0) > 0;
  }

  base::SystemClock clock;
  Loop loop{clock};
  test::TemporaryDirectory directory;
  int hints = 0;
  FileEvents events{loop, [this] { ++hints; }};
};

}  // namespace

TEST_CASE("what happens to a file of a directory is a hint") {
  Scene scene;
  CHECK(scene.events.watch({scene.directory.path()}).value());
  CHECK_FALSE(scene.events.watch({scene.directory.path()}).value());
  scene.directory.write("a", "text");
  CHECK(scene.hint());
  std::filesystem::rename(scene.directory.path("a"), scene.directory.path("b"));
  CHECK(scene.hint());
  std::filesystem::permissions(scene.directory.path("b"), std::filesystem::perms::owner_read);
  CHECK(scene.hint());
  std::filesystem::remove(scene.directory.path("b"));
  CHECK(scene.hint());
}

TEST_CASE("it is known whether a writer has closed its file") {
  Scene scene;
  CHECK(scene.events.watch({scene.directory.path()}).has_value());
  {
    std::ofstream file(scene.directory.path("a"));
    file << "text" << std::flush;
    CHECK(scene.hint());
    CHECK(scene.events.writing());
  }
  CHECK(scene.hint());
  CHECK_FALSE(scene.events.writing());
}

TEST_CASE("in place of a directory that is not there the closest above it is watched") {
  Scene scene;
  const std::string below = scene.directory.path("conf.d/more");
  CHECK(scene.events.watch({below}).value());
  std::filesystem::create_directories(below);
  CHECK(scene.hint());
  CHECK(scene.events.watch({below}).value());
  scene.directory.write("conf.d/more/a", "text");
  CHECK(scene.hint());
}

TEST_CASE("a directory that another takes the place of is new") {
  Scene scene;
  const std::string path = scene.directory.path("conf.d");
  std::filesystem::create_directory(path);
  CHECK(scene.events.watch({path}).value());
  std::filesystem::rename(path, scene.directory.path("old"));
  std::filesystem::create_directory(path);
  CHECK(scene.hint());
  CHECK(scene.events.watch({path}).value());
  scene.directory.write("conf.d/a", "text");
  CHECK(scene.hint());
}

TEST_CASE("a directory that cannot be watched is told, and the others are watched") {
  Scene scene;
  const auto watched = scene.events.watch({"/" + std::string(300, 'x'), scene.directory.path()});
  REQUIRE_FALSE(watched.has_value());
  CHECK(watched.error() == ENAMETOOLONG);
  scene.directory.write("a", "text");
  CHECK(scene.hint());
}

}  // namespace weir::net
