#include "lb/net/message_channel.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>

using namespace std::chrono_literals;

namespace weir::net {
namespace {

// Both ends on one loop.
struct Pair {
  Pair() {
    auto ends = message_pair();
    REQUIRE(ends);
    raw = ends->second.get();
    left.emplace(loop, std::move(ends->first), calls(got_left, why_left));
    other = std::move(ends->second);
  }
  ~Pair() {
    left.reset();
    right.reset();
    loop.settle();
  }
  static MessageChannel::Callbacks calls(std::vector<Message>& got, std::optional<std::string>& why) {
    return {.on_message = [&got](Message message) { got.push_back(std::move(message)); },
            .on_closed = [&why](const std::string& text) { why = text; }};
  }
  void join() { right.emplace(loop, std::move(other), calls(got_right, why_right)); }
  template <class Until>
  bool run(Until&& until) {
    for (int i = 0; i < 2000 && !until(); ++i) loop.run_once(1ms);
    return until();
  }

  base::SystemClock clock;
  Loop loop{clock};
  Fd other;
  int raw = -1;
  std::vector<Message> got_left, got_right;
  std::optional<std::string> why_left, why_right;
  std::optional<MessageChannel> left, right;
};

Fd some_file() { return Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

TEST_CASE("messages arrive whole and in order, however many wait") {
  Pair pair;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    pair.left->send(std::string(1 + i * 97, static_cast<char>('a' + i % 26)));
    bytes += 1 + i * 97;
  }
  CHECK_FALSE(pair.left->flushed());
  pair.join();
  REQUIRE(pair.run([&] { return pair.got_right.size() == 300; }));
  CHECK(pair.left->flushed());
  for (std::size_t i = 0; i < 300; ++i) {
    REQUIRE(pair.got_right[i].text == std::string(1 + i * 97, static_cast<char>('a' + i % 26)));
    bytes -= pair.got_right[i].text.size();
  }
  CHECK(bytes == 0);
}

TEST_CASE("descriptors come with their message, and are closed in the next program") {
  Pair pair;
  pair.join();
  for (std::size_t count : {1UL, 0UL, 2UL, Message::kMostFds}) {
    Message message{std::to_string(count)};
    for (std::size_t i = 0; i < count; ++i) message.fds.push_back(some_file());
    pair.left->send(std::move(message));
  }
  REQUIRE(pair.run([&] { return pair.got_right.size() == 4; }));
  for (const Message& message : pair.got_right) {
    CHECK(std::to_string(message.fds.size()) == message.text);
    for (const Fd& fd : message.fds) CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

TEST_CASE("the end comes once, behind what was sent before it") {
  Pair pair;
  pair.join();
  pair.left->send("last");
  pair.left.reset();
  REQUIRE(pair.run([&] { return pair.why_right.has_value(); }));
  CHECK(pair.got_right.size() == 1);
  CHECK(pair.why_right->empty());
  CHECK_FALSE(pair.right->open());
  pair.right->send("nobody");
  CHECK(pair.right->flushed());
}

TEST_CASE("what is too large, or empty, ends the channel with its reason") {
  Pair pair;
  SUBCASE("a text that is sent") { pair.left->send(std::string(Message::kMostBytes + 1, 'x')); }
  SUBCASE("too many descriptors") {
    Message message{"x"};
    for (std::size_t i = 0; i <= Message::kMostFds; ++i) message.fds.push_back(some_file());
    pair.left->send(std::move(message));
  }
  SUBCASE("a text that is received") {
    const std::string large(Message::kMostBytes + 1, 'x');
    REQUIRE(::send(pair.raw, large.data(), large.size(), 0) == static_cast<ssize_t>(large.size()));
  }
  REQUIRE(pair.run([&] { return pair.why_left.has_value(); }));
  CHECK(pair.why_left->find("too large") != std::string::npos);
  CHECK(pair.got_left.empty());
}

TEST_CASE("who stops reading leaves the messages to the next one at that end") {
  Pair pair;
  pair.join();
  pair.right->stop_reading();
  pair.left->send("for the next");
  for (int i = 0; i < 5; ++i) pair.loop.run_once(1ms);
  CHECK(pair.got_right.empty());
  const Fd copy(::fcntl(pair.right->socket().get(), F_DUPFD_CLOEXEC, 0));
  const auto received = receive_message(copy, 1s);
  REQUIRE(received);
  CHECK(received->text == "for the next");
  CHECK_FALSE(receive_message(copy, 1ms));
  pair.right->read_on();
  pair.left->send("again");
  REQUIRE(pair.run([&] { return pair.got_right.size() == 1; }));
  CHECK(pair.got_right[0].text == "again");
}

TEST_CASE("a channel may be destroyed from inside its callback") {
  Pair pair;
  pair.right.emplace(pair.loop, std::move(pair.other),
                     MessageChannel::Callbacks{.on_message = [&](Message) { pair.right.reset(); },
                                               .on_closed = [](const std::string&) {}});
  pair.left->send("one");
  pair.left->send("two");
  REQUIRE(pair.run([&] { return !pair.right; }));
  CHECK(pair.run([&] { return pair.why_left.has_value(); }));
}

}  // namespace weir::net
