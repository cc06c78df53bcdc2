#include "lb/server/state_lock.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "lb/server/state_directory.h"
#include "tests/support/temporary_directory.h"

using namespace weir;
using namespace weir::server;

namespace {

model::Process kept_in(const std::string& directory) {
  model::Process process;
  process.state_dir = directory;
  make_state_directory(process);
  return process;
}

StateLock taken(const model::Process& process, net::Fd inherited = {}) {
  auto lock = StateLock::take(process, std::move(inherited));
  REQUIRE(lock);
  return std::move(*lock);
}

}  // namespace

TEST_CASE("a state directory is one weir's, until the last descriptor of its lock is closed") {
  const test::TemporaryDirectory directory;
  const model::Process process = kept_in(directory.path("state"));
  StateLock first = taken(process);
  CHECK(first.held());
  CHECK((::fcntl(first.fd(), F_GETFD) & FD_CLOEXEC) != 0);
  struct stat status{};
  REQUIRE(::stat(directory.path("state/lock").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  const auto refused = StateLock::take(process);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "process.state_dir: another weir uses '" + directory.path("state") + "'");

  const net::Fd copy(::dup(first.fd()));
  first.release();
  CHECK_FALSE(StateLock::take(process));
  CHECK(taken(kept_in(directory.path("other"))).held());
}

TEST_CASE("a lock that is handed on is never free in between") {
  const test::TemporaryDirectory directory;
  const model::Process process = kept_in(directory.path("state"));
  StateLock before = taken(process);
  StateLock after = taken(process, net::Fd(::dup(before.fd())));
  CHECK((::fcntl(after.fd(), F_GETFD) & FD_CLOEXEC) != 0);
  before.release();
  CHECK_FALSE(StateLock::take(process));
  after.release();
  CHECK(taken(process).held());
}

TEST_CASE("a lock is lost when its directory is removed, and says whether it was handed over") {
  const test::TemporaryDirectory directory;
  const model::Process process = kept_in(directory.path("state"));
  StateLock before = taken(process);
  CHECK_FALSE(before.handed_over());
  CHECK_FALSE(before.lost(process));
  const StateLock after = taken(process, net::Fd(::dup(before.fd())));
  CHECK(after.handed_over());
  CHECK_FALSE(taken(kept_in(directory.path("other")), net::Fd(::dup(before.fd()))).handed_over());
  std::filesystem::remove_all(process.state_dir);
  CHECK(after.lost(process));
  CHECK(taken(kept_in(process.state_dir)).held());
  CHECK(after.lost(process));
  CHECK_FALSE(StateLock().lost(process));
}

TEST_CASE("a lock of another directory is given up for that of this one") {
  const test::TemporaryDirectory directory;
  const model::Process process = kept_in(directory.path("new"));
  StateLock before = taken(kept_in(directory.path("old")));
  const StateLock after = taken(process, before.release());
  CHECK_FALSE(StateLock::take(process));
  CHECK(taken(kept_in(directory.path("old"))).held());
}

// As without a lock: what cannot be kept is told when there is something to keep.
TEST_CASE("a state directory that is off, or cannot be made or written to, is no error and has no lock") {
  CHECK_FALSE(taken(kept_in("")).held());
  CHECK_FALSE(taken(kept_in("/proc/weir")).held());
  const test::TemporaryDirectory directory;
  CHECK_FALSE(taken(kept_in(directory.write("file", "text"))).held());
  CHECK_FALSE(taken(kept_in(directory.path("not/there"))).held());
  CHECK(::access(directory.path("not").c_str(), F_OK) != 0);
}
