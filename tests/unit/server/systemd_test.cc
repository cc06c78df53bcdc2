#include "lb/server/systemd.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

using namespace weir;
using namespace weir::server;

namespace {

void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }

}  // namespace

TEST_CASE("sockets for another process are not taken, and nobody sees their variables afterwards") {
  set("LISTEN_PID", "1");
  set("LISTEN_FDS", "1");
  set("LISTEN_FDNAMES", "web");
  const auto sockets = systemd::listening_sockets();
  REQUIRE(sockets);
  CHECK(sockets->empty());
  for (const char* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    CHECK(std::getenv(name) == nullptr);
  }
}

TEST_CASE("a number of sockets that is none is an error") {
  set("LISTEN_PID", std::to_string(::getpid()));
  set("LISTEN_FDS", "many");
  const auto sockets = systemd::listening_sockets();
  REQUIRE_FALSE(sockets);
  CHECK(sockets.error().to_string() == "the sockets of LISTEN_FDS: invalid argument");
  CHECK(std::getenv("LISTEN_FDS") == nullptr);
}

TEST_CASE("the watchdog's time is this process's, and that of those which take over from it") {
  CHECK_FALSE(systemd::watchdog_time());
  set("WATCHDOG_USEC", "3000000");
  set("WATCHDOG_PID", "1");
  CHECK_FALSE(systemd::watchdog_time());
  set("WATCHDOG_PID", std::to_string(::getpid()));
  CHECK(systemd::watchdog_time() == base::Duration(std::chrono::seconds(3)));
  CHECK(std::getenv("WATCHDOG_PID") == nullptr);
  CHECK(systemd::watchdog_time() == base::Duration(std::chrono::seconds(3)));
  ::unsetenv("WATCHDOG_USEC");
}

TEST_CASE("without a service manager nothing is said") {
  ::unsetenv("NOTIFY_SOCKET");
  CHECK_FALSE(systemd::is_notified());
  systemd::notify("READY=1");
  systemd::notify_main_pid(::getpid());
}
