#include "lb/net/socket_file.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <utility>

namespace weir::net {
namespace {

struct SocketDirectory {
  SocketDirectory() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~SocketDirectory() {
    ::unlink(file().c_str());
    ::rmdir(path.c_str());
  }
  std::string file() const { return path + "/socket"; }
  bool has_file() const { return ::access(file().c_str(), F_OK) == 0; }
  void make_file(const std::string& name) const {
    std::FILE* const made = std::fopen(name.c_str(), "w");
    REQUIRE(made != nullptr);
    std::fclose(made);
  }
  std::string path = "/tmp/weir-file-XXXXXX";
};

}  // namespace

TEST_CASE("a socket's file goes with its object, once") {
  const SocketDirectory directory;
  directory.make_file(directory.file());
  {
    SocketFile first(directory.file());
    SocketFile second(std::move(first));
    first = SocketFile();
    CHECK(directory.has_file());
    second.remove();
    CHECK_FALSE(directory.has_file());
    directory.make_file(directory.file());
  }
  CHECK(directory.has_file());
}

TEST_CASE("a file that an object gets a second time stays") {
  const SocketDirectory directory;
  directory.make_file(directory.file());
  SocketFile file(directory.file());
  file = SocketFile(directory.file());
  CHECK(directory.has_file());
  file.remove();
  CHECK_FALSE(directory.has_file());
}

TEST_CASE("a file that has come to the path of a socket's stays") {
  const SocketDirectory directory;
  directory.make_file(directory.file());
  {
    const SocketFile file(directory.file());
    const std::string other = directory.file() + ".other";
    directory.make_file(other);
    REQUIRE(std::rename(other.c_str(), directory.file().c_str()) == 0);
  }
  CHECK(directory.has_file());
}

}  // namespace weir::net
