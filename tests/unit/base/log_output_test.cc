#include "lb/base/log_output.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temporary_directory.h"

using weir::base::LogOutput;

namespace {

std::string notice(std::uint64_t dropped) { return fmt::format("{} dropped\n", dropped); }

// Two ends, of which the one that is written to blocks.
class Ends {
 public:
  enum class Kind { pipe, stream_socket };
  explicit Ends(Kind kind = Kind::pipe) {
    int ends[2];
    REQUIRE((kind == Kind::pipe ? ::pipe(ends) : ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) == 0);
    reader_ = ends[0];
    writer_ = ends[1];
    ::fcntl(reader_, F_SETFL, O_NONBLOCK);
  }
  ~Ends() {
    ::close(writer_);
    close_reader();
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;

  int writer() const { return writer_; }
  void close_reader() {
    if (reader_ >= 0) ::close(std::exchange(reader_, -1));
  }
  // All that is there, or so many bytes of it.
  std::string read(std::size_t most = std::string::npos) {
    std::string all;
    char buffer[4096];
    while (all.size() < most) {
      const long count = ::read(reader_, buffer, std::min(sizeof buffer, most - all.size()));
      if (count <= 0) break;
      all.append(buffer, static_cast<std::size_t>(count));
    }
    return all;
  }

 private:
  int reader_ = -1;
  int writer_ = -1;
};

// While it lives, this process opens nothing.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  rlimit before_{};
};

// An output with a description of its own, or with the one that it shares.
std::unique_ptr<LogOutput> output_to(const Ends& ends, bool shared) {
  if (!shared) return std::make_unique<LogOutput>(ends.writer(), notice);
  const NoMoreDescriptors limit;
  return std::make_unique<LogOutput>(ends.writer(), notice);
}

std::string numbered(int number, std::size_t length) {
  return fmt::format("{:06} {}\n", number, std::string(length - 8, static_cast<char>('a' + number % 26)));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  return lines;
}

struct Row {
  Ends::Kind kind;
  bool shared;
};
constexpr Row kRows[] = {
    {Ends::Kind::pipe, false}, {Ends::Kind::pipe, true}, {Ends::Kind::stream_socket, true}};

}  // namespace

TEST_CASE("lines that nobody reads are dropped and not waited for, and then their number is told") {
  constexpr int kLines = 20'000;  // more than the largest pipe
  for (const Row& row : kRows) {
    for (const std::size_t length : {100, 4096, 9000}) {
      CAPTURE(static_cast<int>(row.kind));
      CAPTURE(row.shared);
      CAPTURE(length);
      Ends ends(row.kind);
      const auto output = output_to(ends, row.shared);
      for (int i = 0; i < kLines; ++i) output->write(numbered(i, length));
      std::vector<std::string> lines = lines_of(ends.read());
      const bool cut = !lines.empty() && !lines.back().ends_with('\n');
      if (cut) lines.pop_back();
      const auto whole = static_cast<int>(lines.size());
      REQUIRE(whole > 0);
      REQUIRE(whole < kLines);
      for (int i = 0; i < whole; ++i) REQUIRE(lines[static_cast<std::size_t>(i)] == numbered(i, length));
      output->write("next\n");
      output->write("last\n");
      CHECK(ends.read() ==
            (cut ? "\n" : "") + notice(static_cast<std::uint64_t>(kLines - whole)) + "next\nlast\n");
    }
  }
}

TEST_CASE("a reader that goes on in the middle of lines gets whole ones, each in its order or counted") {
  for (const Row& row : kRows) {
    CAPTURE(static_cast<int>(row.kind));
    CAPTURE(row.shared);
    Ends ends(row.kind);
    const auto output = output_to(ends, row.shared);
    std::string received;
    int written = 0;
    for (int round = 0; round < 50; ++round) {
      for (int i = 0; i < 100; ++i) output->write(numbered(written++, 5001));
      received += ends.read(7777);
    }
    received += ends.read();
    output->write("last\n");
    received += ends.read();
    int next = 0, cut = 0;
    for (const std::string& line : lines_of(received)) {
      REQUIRE(line.ends_with('\n'));
      if (line == numbered(next, 5001)) {
        ++next;
      } else if (line.find("dropped") != std::string::npos) {
        next += std::stoi(line);
      } else if (line != "last\n") {
        REQUIRE(numbered(next, 5001).starts_with(line.substr(0, line.size() - 1)));
        ++cut;
      }
    }
    CHECK(next == written);
    CHECK(cut < 60);
  }
}

TEST_CASE("a descriptor that is shared stays as blocking as it was") {
  Ends ends;
  LogOutput output(ends.writer(), notice);
  output.write("line\n");
  CHECK((::fcntl(ends.writer(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("an output whose reader has gone, or that is none, costs nothing but the lines") {
  std::signal(SIGPIPE, SIG_IGN);
  for (const Row& row : kRows) {
    Ends ends(row.kind);
    const auto output = output_to(ends, row.shared);
    ends.close_reader();
    output->write("line\n");
  }
  LogOutput none(-1, notice);
  none.write("line\n");
  std::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE("lines that a full disk cut are ended and counted when there is room again") {
  const weir::test::TemporaryDirectory directory;
  const std::string path = directory.write("log", "");
  const int file = ::open(path.c_str(), O_WRONLY | O_APPEND);
  LogOutput output(file, notice);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{8, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &full) == 0);
  output.write("first\n");
  output.write("second\n");
  output.write("third\n");
  ::setrlimit(RLIMIT_FSIZE, &before);
  output.write("fourth\n");
  CHECK(weir::test::read_file(path) == "first\nse\n2 dropped\nfourth\n");
  ::close(file);
}
