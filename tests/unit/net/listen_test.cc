#include "lb/net/listen.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace weir::net {
namespace {

base::SocketAddress address_in(const char* text) { return *base::SocketAddress::parse(text); }

struct ListenDirectory {
  ListenDirectory() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~ListenDirectory() { ::rmdir(path.c_str()); }
  std::string path = "/tmp/weir-listen-XXXXXX";
};

base::SocketAddress any_port() { return {address_in("127.0.0.1:1").ip(), 0}; }

}  // namespace

TEST_CASE("port 0 is resolved once, for all workers") {
  const auto made = listen_on(any_port(), 3);
  REQUIRE(made);
  CHECK(made->sockets.size() == 3);
  CHECK(made->address.port() != 0);
  for (const Fd& socket : made->sockets) {
    sockaddr_storage native{};
    socklen_t length = sizeof native;
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&native), &length) == 0);
    CHECK(base::SocketAddress::from_native(native, length) == made->address);
  }
}

TEST_CASE("a second bind of the same port is refused, though both use SO_REUSEPORT") {
  const auto first = listen_on(any_port(), 2);
  REQUIRE(first);
  const auto second = listen_on(first->address, 2);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == EADDRINUSE);
}

TEST_CASE("a port that was given up can be bound at once") {
  base::SocketAddress where;
  {
    const auto first = listen_on(any_port(), 1);
    REQUIRE(first);
    where = first->address;
  }
  CHECK(listen_on(where, 1));
}

TEST_CASE("an address that is not this machine's is told so") {
  const auto made = listen_on(address_in("192.0.2.1:8080"), 1);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == EADDRNOTAVAIL);
}

TEST_CASE("a unix socket that nobody serves is replaced, one that is served is not") {
  const ListenDirectory directory;
  const std::string path = directory.path + "/socket";
  const auto where = base::SocketAddress::unix_path(path);
  SocketFile left;
  {
    auto made = listen_on(where, 4);
    REQUIRE(made);
    CHECK(made->sockets.size() == 1);
    const auto second = listen_on(where, 4);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == EADDRINUSE);
    left = std::move(made->file);
  }
  struct stat status{};
  CHECK(::stat(path.c_str(), &status) == 0);  // stale now
  CHECK(listen_on(where, 1));
  CHECK(::access(path.c_str(), F_OK) != 0);  // gone with its socket
}

TEST_CASE("everybody may connect to a unix socket, or those whom its mode names, whatever the umask") {
  const ListenDirectory directory;
  const auto where = base::SocketAddress::unix_path(directory.path + "/socket");
  const mode_t before = ::umask(0027);
  for (const mode_t mode : {0666U, 0660U}) {
    CAPTURE(mode);
    const auto made =
        mode == 0666 ? listen_on(where, 1) : listen_on(where, 1, {.backlog = 16, .unix_mode = mode});
    REQUIRE(made);
    struct stat status{};
    REQUIRE(::stat(where.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == mode);
  }
  CHECK(::umask(before) == 0027);
}

TEST_CASE("what is no socket is never removed, and told") {
  const ListenDirectory directory;
  const std::string path = directory.path + "/file";
  FILE* const file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  std::fclose(file);
  const auto refusal = [](const std::string& where) {
    const auto made = listen_on(base::SocketAddress::unix_path(where), 1);
    return made ? "none" : made.error().message;
  };
  CHECK(refusal(path) == "there is a file at this path, not a socket");
  CHECK(::unlink(path.c_str()) == 0);
  REQUIRE(::symlink("nowhere", path.c_str()) == 0);
  CHECK(refusal(path) == "there is a symbolic link at this path, not a socket");
  CHECK(::unlink(path.c_str()) == 0);
  CHECK(refusal(directory.path) == "there is a directory at this path, not a socket");
}

}  // namespace weir::net
