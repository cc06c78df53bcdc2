#include "lb/net/pipe_pool.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

namespace weir::net {

TEST_CASE("a pool makes so many pipes and no more, and uses them again") {
  PipePool pool(2);
  auto first = pool.take();
  auto second = pool.take();
  REQUIRE(first);
  REQUIRE(second);
  CHECK_FALSE(pool.take());
  const int fd = first->read_end.get();
  pool.give_back(std::move(*first));
  auto again = pool.take();
  REQUIRE(again);
  CHECK(again->read_end.get() == fd);
  pool.give_back(std::move(*again));
  pool.give_back(std::move(*second));
}

TEST_CASE("a pipe with bytes inside is closed, and makes room for another") {
  PipePool pool(1);
  auto pipe = pool.take();
  REQUIRE(pipe);
  const int fd = pipe->read_end.get();
  REQUIRE(::write(pipe->write_end.get(), "x", 1) == 1);
  pool.discard(std::move(*pipe));
  CHECK(::fcntl(fd, F_GETFD) == -1);
  auto fresh = pool.take();
  REQUIRE(fresh);
  char byte;
  CHECK(::read(fresh->read_end.get(), &byte, 1) == -1);
}

}  // namespace weir::net
