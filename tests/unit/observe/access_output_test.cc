#include "lb/observe/access_output.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "tests/unit/observe/temporary.h"

using weir::observe::AccessOutput;

namespace {

bool at_once() { return true; }

// While it lives, no file of this process grows beyond so many bytes: a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("an output that cannot be opened is named with its reason") {
  const TemporaryDirectory directory;
  const std::string missing = directory.path("no/such/file");
  CHECK(AccessOutput::open(missing).error() == "cannot open " + missing + ": No such file or directory");
  const std::string fifo = directory.path("fifo");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(AccessOutput::open(fifo).error() == "cannot open " + fifo + ": No such device or address");
}

TEST_CASE("a file is appended to and made where it is not") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("log");
  for (const char* line : {"one\n", "two\n"}) {
    auto output = AccessOutput::open(path);
    REQUIRE(output.has_value());
    CHECK(output->write(line, at_once) == 0);
  }
  CHECK(read_file(path) == "one\ntwo\n");
}

TEST_CASE("a line that a full disk cut is completed first, and what came behind it is lost") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("log");
  auto output = AccessOutput::open(path).value();
  {
    const FileSizeLimit full(8);
    CHECK(output.write("first\nsecond\nthird\nfourth\n", at_once) == 2);
    CHECK(output.error() == EFBIG);
    CHECK(output.write("fifth\n", at_once) == 1);
    CHECK(read_file(path) == "first\nse");
  }
  CHECK(output.write("sixth\n", at_once) == 0);
  CHECK(output.error() == 0);
  CHECK(read_file(path) == "first\nsecond\nsixth\n");
}

TEST_CASE("a file that is opened anew goes on under its name, and a cut line is lost") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("log");
  auto output = AccessOutput::open(path).value();
  {
    const FileSizeLimit full(8);
    CHECK(output.write("first\nsecond\n", at_once) == 0);
  }
  ::rename(path.c_str(), directory.path("log.1").c_str());
  CHECK(output.reopen() == 1);
  CHECK(output.write("third\n", at_once) == 0);
  CHECK(read_file(path) == "third\n");
}

TEST_CASE("a file that cannot be opened anew stays in use") {
  const TemporaryDirectory directory;
  ::mkdir(directory.path("logs").c_str(), 0700);
  auto output = AccessOutput::open(directory.path("logs/log")).value();
  ::rename(directory.path("logs").c_str(), directory.path("moved").c_str());
  CHECK(output.reopen() == 0);
  CHECK(output.error() == ENOENT);
  CHECK(output.write("line\n", at_once) == 0);
  CHECK(read_file(directory.path("moved/log")) == "line\n");
}

TEST_CASE("a pipe gets whole lines in one piece, however slowly it is read") {
  const TemporaryDirectory directory;
  const std::string fifo = directory.path("fifo");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
  auto output = AccessOutput::open(fifo).value();
  std::string lines;
  for (int i = 0; i < 3000; ++i) lines += std::string(100, static_cast<char>('a' + i % 26)) + "\n";
  std::string received;
  std::thread slow([&] {
    char buffer[1000];
    while (received.size() < lines.size()) {
      const long count = ::read(reader, buffer, sizeof buffer);
      if (count > 0) received.append(buffer, static_cast<std::size_t>(count));
    }
  });
  CHECK(output.write(lines, [] { return false; }) == 0);
  slow.join();
  CHECK(received == lines);
  ::close(reader);
}

TEST_CASE("a pipe that nobody empties is given up on, and its lines are counted as lost") {
  const TemporaryDirectory directory;
  const std::string fifo = directory.path("fifo");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
  auto output = AccessOutput::open(fifo).value();
  std::string lines;
  for (int i = 0; i < 3000; ++i) lines += std::string(99, 'x') + "\n";
  const std::size_t lost = output.write(lines, at_once);
  CHECK(output.error() == 0);
  std::string received(lines.size(), ' ');
  const long count = ::read(reader, received.data(), received.size());
  REQUIRE(count > 0);
  received.resize(static_cast<std::size_t>(count));
  CHECK(std::ranges::count(received, '\n') + static_cast<long>(lost) == 3000);
  ::close(reader);
}

TEST_CASE("who has given up on a full pipe loses line after line without a wait, until there is room") {
  const TemporaryDirectory directory;
  const std::string fifo = directory.path("fifo");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
  auto output = AccessOutput::open(fifo).value();
  int asked = 0;
  const auto give_up = [&asked] {
    ++asked;
    return true;
  };
  std::string lines;
  for (int i = 0; i < 3000; ++i) lines += std::string(99, 'x') + "\n";
  REQUIRE(output.write(lines, give_up) > 0);
  CHECK(asked == 1);
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 300; ++i) CHECK(output.write("one\ntwo\n", give_up) == 2);
  CHECK(asked == 301);
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(15));  // 30 s if each waits
  std::string received(lines.size(), ' ');
  REQUIRE(::read(reader, received.data(), received.size()) > 0);
  CHECK(output.write("three\n", give_up) == 0);
  CHECK(asked == 301);
  ::close(reader);
}
