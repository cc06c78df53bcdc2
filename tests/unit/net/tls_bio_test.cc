#include "lb/net/tls_bio.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

#include "tests/support/memory_stream.h"

using weir::net::IoResult;
using weir::net::TlsBio;

namespace {

// Over a stream that takes a few bytes, and then no more.
struct Fixture {
  explicit Fixture(std::size_t window) {
    pipe->habits = {
        .read_size = 100, .write_size = window, .window = window, .stutter = false, .accepts = true};
  }
  std::size_t in_pipe() const { return pipe->to_peer.size(); }

  const weir::base::SystemClock clock;
  weir::net::Loop loop{clock};
  weir::net::TlsScratch scratch{loop};
  std::shared_ptr<weir::test::MemoryPipe> pipe = std::make_shared<weir::test::MemoryPipe>();
  TlsBio bio{scratch, std::make_unique<weir::test::MemoryStream>(loop, pipe), false};
};

}  // namespace

TEST_CASE("what the stream below does not take is kept, and goes first") {
  Fixture fixture(10);
  fixture.scratch.sealed = "0123456789abcdef";
  CHECK(fixture.bio.flush().kind == IoResult::Kind::would_block);
  CHECK(fixture.bio.blocked());
  CHECK(fixture.bio.unsent() == 6);
  fixture.pipe->to_peer.clear();
  fixture.scratch.sealed = "XYZ";
  CHECK(fixture.bio.flush().kind == IoResult::Kind::done);
  CHECK_FALSE(fixture.bio.blocked());
  CHECK(fixture.pipe->to_peer == "abcdefXYZ");
  CHECK(fixture.bio.unsent() == 0);
}

TEST_CASE("what is held goes out with the next record") {
  Fixture fixture(100);
  fixture.scratch.sealed = "ticket";
  fixture.bio.hold();
  CHECK(fixture.in_pipe() == 0);
  CHECK_FALSE(fixture.bio.blocked());
  weir::net::BioPointer bio(fixture.bio.make());
  fixture.bio.send_with_next();
  CHECK(BIO_write(bio.get(), " answer", 7) == 7);
  CHECK(fixture.pipe->to_peer == "ticket answer");
  CHECK(fixture.bio.outcome().kind == IoResult::Kind::done);
}

TEST_CASE("what cannot go out is bounded") {
  Fixture fixture(10);
  std::size_t rounds = 0;
  for (; rounds < 1000; ++rounds) {
    fixture.scratch.sealed.assign(1024, 'x');
    if (fixture.bio.flush().kind == IoResult::Kind::error) break;
  }
  CHECK(rounds == 256);
  CHECK(fixture.bio.error() == ENOBUFS);
  CHECK(fixture.bio.unsent() == 0);
}

TEST_CASE("a call receives until it gets less than it asked for, and a few times at most") {
  Fixture fixture(10);
  weir::net::BioPointer bio(fixture.bio.make());
  fixture.pipe->to_stream.assign(1000, 'x');
  char into[100];
  fixture.bio.allow_input();
  int receives = 0;
  while (BIO_read(bio.get(), into, sizeof into) > 0) ++receives;
  CHECK(receives == 4);
  CHECK(fixture.bio.starved());
  fixture.pipe->to_stream.assign(130, 'x');
  fixture.bio.allow_input();
  CHECK(BIO_read(bio.get(), into, sizeof into) == 100);
  CHECK(BIO_read(bio.get(), into, sizeof into) == 30);
  CHECK(fixture.pipe->to_stream.empty());
  fixture.pipe->to_stream = "more";
  CHECK(BIO_read(bio.get(), into, sizeof into) <= 0);
  CHECK(BIO_should_retry(bio.get()));
}

TEST_CASE("OpenSSL hears of no end") {
  Fixture fixture(10);
  weir::net::BioPointer bio(fixture.bio.make());
  fixture.pipe->peer_shut = true;
  char into[100];
  fixture.bio.allow_input();
  CHECK(BIO_read(bio.get(), into, sizeof into) <= 0);
  CHECK(BIO_should_retry(bio.get()));
  CHECK(fixture.bio.input() == TlsBio::Input::ended);
}
