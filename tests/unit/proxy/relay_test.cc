#include "lb/proxy/relay.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace weir::proxy {
namespace {

constexpr std::uint64_t kLarge = Relay::kSpliceFrom;

// A socket that has bytes to splice from, or takes some.
struct FakeSocket final : net::ByteStream {
  void set_events(net::StreamEvents*) override {}
  void want(net::Interest) override {}
  net::Interest wanted() const override { return {}; }
  net::IoResult established() override { return net::IoResult::done(0); }
  net::IoResult read(std::span<char>) override { return net::IoResult::would_block(); }
  net::IoResult write(std::span<const iovec>) override { return net::IoResult::would_block(); }
  net::IoResult shutdown_write() override { return net::IoResult::done(0); }
  void reset_on_close() override {}
  bool splices_to_pipe() const override { return true; }
  bool splices_from_pipe() const override { return true; }

  net::IoResult splice_to(int pipe, std::size_t most) override {
    const std::string bytes(std::min(most, has), 'x');
    if (bytes.empty()) return net::IoResult::would_block();
    REQUIRE(::write(pipe, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    has -= bytes.size();
    return net::IoResult::done(bytes.size());
  }
  net::IoResult splice_from(int pipe, std::size_t most) override {
    if (broken) return net::IoResult::failed(EPIPE);
    std::string bytes(std::min(most, room), '\0');
    if (bytes.empty()) return net::IoResult::would_block();
    REQUIRE(::read(pipe, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    room -= bytes.size();
    return net::IoResult::done(bytes.size());
  }

  std::size_t has = 0;
  std::size_t room = 0;
  bool broken = false;
};

// Both ends of the seam; notes what it is told.
struct FakeStream final : wire::Stream {
  void send_body(std::string_view piece) override { copied += piece.size(); }
  void finish(const http::FieldList&) override { finished = true; }
  void cancel() override {}
  void pause() override { paused = true; }
  void resume() override { paused = false; }
  std::uint64_t received_bytes() const override { return 0; }
  std::uint64_t sent_bytes() const override { return 0; }
  bool take_incoming() override { return handed_over = true; }
  void return_incoming() override { handed_over = false; }
  wire::SpliceEnd incoming() override { return {&socket, left}; }
  void incoming_spliced(std::uint64_t bytes) override {
    spliced += bytes;
    left -= bytes;
  }
  bool takes_splice() const override { return true; }
  wire::SpliceEnd outgoing() override { return {&socket, left}; }
  void outgoing_spliced(std::uint64_t bytes) override { spliced += bytes; }
  void outgoing_failed(int its_error) override { error = its_error; }
  void want_outgoing() override { waits = true; }

  FakeSocket socket;
  std::uint64_t left = kLarge;
  std::uint64_t copied = 0;
  std::uint64_t spliced = 0;
  int error = 0;
  bool finished = false;
  bool paused = false;
  bool handed_over = false;
  bool waits = false;
};

struct Ends {
  Ends() {
    source.socket.has = kLarge;
    relay.start(source, sink, /*large=*/true);
    relay.allow_splice();
    relay.body("first");
    REQUIRE(source.handed_over);
  }

  net::PipePool pipes{1};
  FakeStream source;
  FakeStream sink;
  Relay relay{pipes};
};

}  // namespace

TEST_CASE("what is spliced is counted once on either side, and the pipe is free for the next") {
  Ends ends;
  ends.sink.socket.room = kLarge;
  while (ends.source.left != 0) ends.relay.source_ready();
  ends.relay.end({});
  CHECK(ends.source.spliced == kLarge);
  CHECK(ends.sink.spliced == kLarge);
  CHECK(ends.sink.copied == 5);
  CHECK(ends.sink.finished);
  CHECK(ends.pipes.take().has_value());
}

TEST_CASE("a sink that takes nothing pauses the source until it does") {
  Ends ends;
  ends.relay.source_ready();
  CHECK(ends.source.paused);
  CHECK(ends.sink.waits);
  ends.sink.socket.room = kLarge;
  ends.relay.sink_ready();
  CHECK_FALSE(ends.source.paused);
}

TEST_CASE("when the sink breaks, what was in the pipe is gone and the source goes on without it") {
  Ends ends;
  SUBCASE("while the source is read") {
    ends.sink.socket.broken = true;
    ends.relay.source_ready();
  }
  SUBCASE("while the source waits") {
    ends.sink.socket.room = 10;
    ends.relay.source_ready();
    REQUIRE(ends.source.paused);
    ends.sink.socket.broken = true;
    ends.relay.sink_ready();
    CHECK(ends.sink.spliced == 10);
  }
  CHECK(ends.sink.error == EPIPE);
  CHECK_FALSE(ends.source.handed_over);
  CHECK_FALSE(ends.source.paused);
  CHECK(ends.source.spliced == kLarge - ends.source.left);
  auto pipe = ends.pipes.take();
  REQUIRE(pipe.has_value());
  CHECK(::write(pipe->write_end.get(), "a", 1) == 1);
  char byte[8];
  CHECK(::read(pipe->read_end.get(), byte, sizeof byte) == 1);  // nothing of another's
  ends.relay.body("more");
  CHECK(ends.sink.copied == 9);
}

TEST_CASE("without a free pipe content is copied") {
  net::PipePool none(0);
  FakeStream source, sink;
  Relay relay(none);
  relay.start(source, sink, /*large=*/true);
  relay.allow_splice();
  relay.body("first");
  relay.body("second");
  CHECK(sink.copied == 11);
  CHECK_FALSE(source.handed_over);
}

}  // namespace weir::proxy
