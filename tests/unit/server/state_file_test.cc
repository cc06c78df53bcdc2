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
  model::Target one;
  one.address = address("10.0.0.1:80");
  one.zone = "az-1";
  one.weight = 3;
  one.max_requests = 7;
  one.id = "one";
  model::Target plain;
  plain.address = address("[::1]:81");
  plain.id = "[::1]:81";
  state.registrations = {{"app", one}, {"app", plain}};
  state.drains = {{"web", address("10.0.0.2:80")}};
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
  CHECK(read->drains[0].address.to_string() == "10.0.0.2:80");
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

TEST_CASE("what is no file is set aside, too") {
  const test::TemporaryDirectory directory;
  std::filesystem::create_directories(directory.path("state/state.json"));
  CHECK(StateFile(directory.path("state")).load().shifts.empty());
  CHECK(std::filesystem::is_directory(directory.path("state/state.json.unreadable")));
}

TEST_CASE("a state with values that the configuration would refuse is refused") {
  const std::string good =
      R"({"version":1,"registrations":[{"group":"a","address":"10.0.0.1:80","zone":"z","weight":1,)"
      R"("max_requests":null,"id":"i"}],"drains":[],"shifts":[]})";
  REQUIRE(read_state(good));
  const auto with = [&](std::string_view what, std::string_view instead) {
    std::string text = good;
    return text.replace(text.find(what), what.size(), instead);
  };
  CHECK_FALSE(read_state(with("\"weight\":1", "\"weight\":4294967295")));
  CHECK_FALSE(read_state(with("\"weight\":1", "\"weight\":-1")));
  CHECK_FALSE(read_state(with("10.0.0.1:80", "10.0.0.1:0")));
  CHECK_FALSE(read_state(with("10.0.0.1:80", "unix:/run/x")));
  CHECK_FALSE(read_state(with("\"z\"", "\"\\u001b[31m\"")));
}

}  // namespace weir::server
