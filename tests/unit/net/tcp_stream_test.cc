#include "lb/net/tcp_stream.h"

#include <doctest/doctest.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <string>

#include "lb/net/listen.h"

using namespace weir;
using net::IoResult;

namespace {

// As the kernel fills it (linux/tcp.h); glibc's ends earlier.
struct LongTcpInfo {
  tcp_info beginning;
  std::uint64_t rates_and_bytes[4];
  std::uint32_t segments_out;
  std::uint32_t segments_in;
};

// A connection over the loopback interface: a stream here, and its peer as a plain socket.
struct Pair {
  explicit Pair(net::Loop& loop) {
    const auto listening = net::listen_on(*base::SocketAddress::parse("127.0.0.1:0"), 1);
    REQUIRE(listening.has_value());
    sockaddr_storage address{};
    const socklen_t length = listening->address.to_native(address);
    peer = net::Fd(::socket(AF_INET, SOCK_STREAM, 0));
    REQUIRE(::connect(peer.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
    pollfd accepting{listening->sockets.front().get(), POLLIN, 0};
    REQUIRE(::poll(&accepting, 1, 10'000) == 1);
    stream = *net::TcpStream::adopt(
        loop, net::Fd(::accept4(listening->sockets.front().get(), nullptr, nullptr, SOCK_NONBLOCK)));
  }

  // How many segments have come to the peer.
  unsigned segments() const {
    LongTcpInfo info{};
    socklen_t length = sizeof info;
    REQUIRE(::getsockopt(peer.get(), IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
    return info.segments_in;
  }
  std::string read_to_the_end() const {
    std::string all;
    char bytes[1024];
    for (ssize_t got = 0; (got = ::read(peer.get(), bytes, sizeof bytes)) > 0;) {
      all.append(bytes, static_cast<std::size_t>(got));
    }
    return all;
  }

  net::Fd peer;
  std::unique_ptr<net::TcpStream> stream;
};

IoResult write(net::TcpStream& stream, std::string text) {
  const iovec part{text.data(), text.size()};
  return stream.write({&part, 1});
}

}  // namespace

TEST_CASE("the last bytes and the end of the stream go out together") {
  const base::SystemClock clock;
  net::Loop loop(clock);
  Pair pair(loop);
  const unsigned before = pair.segments();
  SUBCASE("by a shutdown") {
    pair.stream->last_write_comes();
    CHECK(write(*pair.stream, "the end").bytes == 7);
    CHECK(pair.stream->shutdown_write().kind == IoResult::Kind::done);
  }
  SUBCASE("by closing") {
    pair.stream->last_write_comes();
    CHECK(write(*pair.stream, "the end").bytes == 7);
    pair.stream.reset();
  }
  CHECK(pair.read_to_the_end() == "the end");
  CHECK(pair.segments() - before == 1);
}

TEST_CASE("bytes that are not the last go out at once") {
  const base::SystemClock clock;
  net::Loop loop(clock);
  Pair pair(loop);
  const unsigned before = pair.segments();
  CHECK(write(*pair.stream, "first ").bytes == 6);
  CHECK(pair.segments() - before == 1);
  pair.stream->last_write_comes();
  CHECK(write(*pair.stream, "second ").bytes == 7);
  CHECK(write(*pair.stream, "third").bytes == 5);  // it was not the last after all: nothing is held back
  CHECK(pair.segments() - before >= 2);
  pair.stream.reset();
  CHECK(pair.read_to_the_end() == "first second third");
}
