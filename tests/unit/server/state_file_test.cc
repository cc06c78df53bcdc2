#include "lb/server/state_file.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.h"

using namespace std::chrono_literals;

namespace weir::server {
namespace {

State some_state() {
  const auto address = [](const char* text) { return *base::SocketAddress::parse(text); };
  State state;
  state.registrations = {{"app", {address("10.0.0.1:80"), "az-1", 3, 7, "one"}},
                         {"app", {address("[::1]:81"), "", 1, std::nullopt, "[::1]:81"}}};
  state.drains = {{"web", address("unix:/run/app")}};
  state.shifts = {{"az-2", "a \"reason\"", base::WallTime(1000s), base::WallTime(2000s)}};
  return state;
}

}  // namespace

TEST_CASE("a state is read as it was written") {
  const std::string text = write_state(some_state());
  const auto read = read_state(text);
  REQUIRE(read);
  CHECK(write_state(*read) == text);
  CHECK(read->registrations[0].target.max_requests == 7);
  CHECK(read->drains[0].address.is_unix());
  CHECK(read->shifts[0].until == base::WallTime(2000s));
}

TEST_CASE("no beginning of a state is taken for a whole one") {
  const std::string text = write_state(some_state());
  for (std::size_t size = 0; size + 2 < text.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(read_state(text.substr(0, size)));
  }
}

TEST_CASE("a state of another kind is refused") {
  for (const char* text :
       {"[]", "null", "{}", R"({"version":2,"registrations":[],"drains":[],"shifts":[]})",
        R"({"version":1,"registrations":{},"drains":[],"shifts":[1]})",
        R"({"version":1,"registrations":[{"group":"a"}],"drains":[],"shifts":[]})",
        R"({"version":1,"registrations":[],"drains":[{"group":"a","address":"nonsense"}],"shifts":[]})"}) {
    CAPTURE(text);
    CHECK_FALSE(read_state(text));
  }
}

TEST_CASE("the file is made with its directory, and replaced as a whole") {
  const test::TemporaryDirectory directory;
  StateFile file(directory.path("state"));
  CHECK(file.load().registrations.empty());
  {
    StateFile first(directory.path("state"));
    first.save(some_state());
  }
  CHECK(file.load().registrations.size() == 2);
  {
    StateFile second(directory.path("state"));
    second.save(some_state());
    second.save({});
  }
  CHECK(file.load().registrations.empty());
  CHECK_FALSE(std::filesystem::exists(directory.path("state/state.json.new")));
}

TEST_CASE("a file that cannot be read is set aside, and the daemon begins with nothing") {
  const test::TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path("state"));
  std::ofstream(directory.path("state/state.json")) << "{\"version\": 1, \"regis";
  std::optional<StateFile> file(std::in_place, directory.path("state"));
  CHECK(file->load().shifts.empty());
  CHECK(std::filesystem::exists(directory.path("state/state.json.unreadable")));
  CHECK_FALSE(std::filesystem::exists(directory.path("state/state.json")));
  file->save(some_state());
  file.reset();
  CHECK(StateFile(directory.path("state")).load().shifts.size() == 1);
}

TEST_CASE("without a directory nothing is kept") {
  StateFile file("");
  file.save(some_state());
  CHECK(file.load().registrations.empty());
}

}  // namespace weir::server
