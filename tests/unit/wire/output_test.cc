#include "lb/wire/output.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace weir::wire {
namespace {

// Takes `first` bytes of the first write and `rest` of each other one, 0 meaning would_block.
class Sink final : public net::ByteStream {
 public:
  Sink(std::size_t first, std::size_t rest) : room_(first), rest_(rest) {}

  void set_events(net::StreamEvents*) override {}
  void want(net::Interest) override {}
  net::Interest wanted() const override { return {}; }
  net::IoResult established() override { return net::IoResult::done(0); }
  net::IoResult read(std::span<char>) override { return net::IoResult::would_block(); }
  net::IoResult write(std::span<const iovec> parts) override {
    ++writes;
    std::size_t left = std::exchange(room_, rest_);
    if (left == 0) return net::IoResult::would_block();
    std::size_t taken = 0;
    for (const iovec& part : parts) {
      const std::size_t some = std::min(left, part.iov_len);
      bytes.append(static_cast<const char*>(part.iov_base), some);
      left -= some;
      taken += some;
    }
    return net::IoResult::done(taken);
  }
  net::IoResult shutdown_write() override { return net::IoResult::done(0); }
  void reset_on_close() override {}

  std::string bytes;
  int writes = 0;

 private:
  std::size_t room_;
  std::size_t rest_;
};

// A head, a large piece, chunk framing, and enough small parts to need more room than there is.
std::vector<std::string> pieces() {
  std::vector<std::string> result{"head\r\n\r\n", std::string(5000, 'a'), "\r\n", std::string(3000, 'b')};
  for (char c = 'c'; c < 'z'; ++c) {
    result.push_back(std::string(3, c));
    result.push_back(std::string(2100, c));
  }
  return result;
}

}  // namespace

TEST_CASE("partial writes at any offset give the same bytes") {
  const std::vector<std::string> parts = pieces();
  std::string expected;
  for (const std::string& part : parts) expected += part;
  const base::SystemClock clock;
  net::Loop loop(clock);
  for (std::size_t first = 0; first < expected.size(); first += first < 20 ? 1 : 997) {
    CAPTURE(first);
    Turn turn(loop);
    Sink sink(first, 4000);
    {
      const Turn::Scope scope(turn);
      Output output(turn);
      std::vector<std::string> lent = parts;  // as the read buffer is: gone after the turn
      for (const std::string& part : lent) output.append(part);
      CHECK(output.size() == expected.size());
      output.flush(sink);
      for (std::string& part : lent) std::ranges::fill(part, '!');
      output.append("more");
      while (!output.empty()) output.flush(sink);
    }
    CHECK((sink.bytes == expected + "more"));
  }
}

TEST_CASE("what is sent within a turn goes out in one write") {
  const base::SystemClock clock;
  net::Loop loop(clock);
  Turn turn(loop);
  Sink sink(SIZE_MAX, SIZE_MAX);
  const Turn::Scope scope(turn);
  Output output(turn);
  const std::string body(10'000, 'x');
  output.append_with(100, [](std::string& to) { to += "head"; });
  output.append(body);
  output.append("tail");
  CHECK(output.flush(sink).bytes == body.size() + 8);
  CHECK(sink.writes == 1);
  CHECK((sink.bytes == "head" + body + "tail"));
  CHECK(output.empty());
}

TEST_CASE("connections that share a turn do not mix their bytes") {
  const base::SystemClock clock;
  net::Loop loop(clock);
  Turn turn(loop);
  Sink first_sink(SIZE_MAX, SIZE_MAX);
  Sink second_sink(SIZE_MAX, SIZE_MAX);
  const Turn::Scope scope(turn);
  Output first(turn);
  Output second(turn);
  std::string expected_first;
  std::string expected_second;
  for (int i = 0; i < 50; ++i) {
    const std::string number = std::to_string(i);
    first.append("a" + number);
    second.append("b" + number);
    expected_first += "a" + number;
    expected_second += "b" + number;
  }
  first.flush(first_sink);
  second.flush(second_sink);
  CHECK(first_sink.bytes == expected_first);
  CHECK(second_sink.bytes == expected_second);
}

TEST_CASE("more than the scratch of a turn holds is kept all the same") {
  const base::SystemClock clock;
  net::Loop loop(clock);
  Turn turn(loop);
  Sink sink(SIZE_MAX, SIZE_MAX);
  const Turn::Scope scope(turn);
  Output output(turn);
  std::string expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string line = std::string(90, static_cast<char>('a' + i % 26));
    output.append(line);
    expected += line;
  }
  output.flush(sink);
  CHECK((sink.bytes == expected));
}

TEST_CASE("settled bytes no longer need what was lent") {
  const base::SystemClock clock;
  net::Loop loop(clock);
  Turn turn(loop);
  Sink sink(SIZE_MAX, SIZE_MAX);
  const Turn::Scope scope(turn);
  Output output(turn);
  std::string lent(5000, 'x');
  output.append(lent);
  output.settle();
  std::ranges::fill(lent, '!');
  output.flush(sink);
  CHECK((sink.bytes == std::string(5000, 'x')));
}

}  // namespace weir::wire
