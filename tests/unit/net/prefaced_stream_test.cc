#include "lb/net/prefaced_stream.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/memory_stream.h"

namespace weir::test {
namespace {

struct Scene {
  explicit Scene(const MemoryHabits& habits) {
    pipe->habits = habits;
    stream = std::make_unique<net::PrefacedStream>(std::make_unique<MemoryStream>(loop, pipe),
                                                   "PROXY UNKNOWN\r\n");
  }
  net::IoResult write(std::string_view text) const {
    const iovec part{const_cast<char*>(text.data()), text.size()};
    return stream->write({&part, 1});
  }

  base::ManualClock clock;
  net::Loop loop{clock};
  std::shared_ptr<MemoryPipe> pipe = std::make_shared<MemoryPipe>();
  std::unique_ptr<net::ByteStream> stream;
};

}  // namespace

TEST_CASE("a stream is established when its first bytes are out, however slowly they go") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
    CAPTURE(step);
    Scene scene({.write_size = step});
    int asked = 0;
    while (scene.stream->established().kind == net::IoResult::Kind::would_block && asked < 100) ++asked;
    CHECK(scene.stream->established().kind == net::IoResult::Kind::done);
    CHECK(scene.pipe->to_peer == "PROXY UNKNOWN\r\n");
    while (scene.write("G").bytes == 0 && asked < 200) ++asked;
    CHECK(scene.pipe->to_peer == "PROXY UNKNOWN\r\nG");
  }
}

TEST_CASE("nothing is sent before the stream below is connected") {
  Scene scene({.accepts = false});
  CHECK(scene.stream->established().kind == net::IoResult::Kind::would_block);
  CHECK(scene.pipe->to_peer.empty());
}

TEST_CASE("a stream that breaks meanwhile is not established") {
  Scene scene({.stutter = false});
  scene.pipe->peer_gone = true;
  CHECK(scene.stream->established().kind == net::IoResult::Kind::error);
}

}  // namespace weir::test
