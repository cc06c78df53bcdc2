#include "lb/observe/access_log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <set>
#include <thread>

#include "tests/support/eventually.h"
#include "tests/unit/observe/temporary.h"

using weir::observe::AccessLogBuffer;
using weir::observe::AccessLogWriter;
using weir::observe::AccessRecord;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<AccessLogWriter> start(const std::string& output, std::size_t queue_bytes = 8 << 20) {
  auto writer = AccessLogWriter::start({output, queue_bytes, 0s});
  REQUIRE(writer.has_value());
  return std::move(*writer);
}

void write_numbered(AccessLogBuffer& buffer, int number) {
  const std::string id = fmt::to_string(number);
  AccessRecord record;
  record.request_id = id;
  buffer.write(record);
}

// A pipe that is not read but by lines().
class StuckFifo {
 public:
  StuckFifo() : path_(directory_.path("fifo")) {
    REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
    reader_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK);
  }
  ~StuckFifo() { ::close(reader_); }
  StuckFifo(const StuckFifo&) = delete;
  StuckFifo& operator=(const StuckFifo&) = delete;

  const std::string& path() const { return path_; }
  // How many it holds; it is empty then.
  std::uint64_t lines() const {
    std::string received(1 << 20, ' ');
    const long count = ::read(reader_, received.data(), received.size());
    received.resize(static_cast<std::size_t>(std::max(count, 0L)));
    return static_cast<std::uint64_t>(std::ranges::count(received, '\n'));
  }

 private:
  TemporaryDirectory directory_;
  std::string path_;
  int reader_ = -1;
};

}  // namespace

TEST_CASE("an output that cannot be opened starts no log") {
  CHECK(!AccessLogWriter::start({"/no/such/directory/log", 1, 0s}).has_value());
}

TEST_CASE("a log that is off takes records and does nothing") {
  AccessLogBuffer buffer(nullptr);
  CHECK(!buffer.enabled());
  write_numbered(buffer, 1);
  buffer.flush();
}

TEST_CASE("every exchange of every worker is exactly one line, in each worker's order") {
  constexpr int kWorkers = 3;
  constexpr int kLines = 2000;
  const TemporaryDirectory directory;
  const std::string path = directory.path("log");
  {
    const auto writer = start(path);
    std::vector<std::thread> workers;
    workers.reserve(kWorkers);
    for (int worker = 0; worker < kWorkers; ++worker) {
      workers.emplace_back([&writer, worker] {
        AccessLogBuffer buffer(writer.get());
        for (int i = 0; i < kLines; ++i) {
          write_numbered(buffer, worker * kLines + i);
          if (i % 700 == 0) buffer.flush();
        }
      });
    }
    for (std::thread& worker : workers) worker.join();
  }
  std::vector<int> last(kWorkers, -1);
  const auto lines = read_lines(path);
  CHECK(lines.size() == kWorkers * kLines);
  for (const std::string& line : lines) {
    const int number = std::stoi(nlohmann::json::parse(line)["request_id"].get<std::string>());
    int& before = last[static_cast<std::size_t>(number / kLines)];
    CHECK(number % kLines == before + 1);
    before = number % kLines;
  }
}

TEST_CASE("a buffer is handed over when it is full, or when it is told to") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("log");
  const auto writer = start(path, 1);  // takes nothing: what arrives is seen as dropped
  AccessLogBuffer buffer(writer.get());
  buffer.flush();
  CHECK(writer->dropped() == 0);
  write_numbered(buffer, 1);
  CHECK(writer->dropped() == 0);
  buffer.flush();
  CHECK(writer->dropped() == 1);
  const std::string agent(8000, 'x');
  AccessRecord record;
  record.user_agent = agent;
  for (int i = 0; i < 7; ++i) buffer.write(record);
  CHECK(writer->dropped() == 1);
  buffer.write(record);
  CHECK(writer->dropped() == 9);
}

TEST_CASE("what a stuck output leaves no room for is dropped, counted and never waited for") {
  const StuckFifo fifo;
  constexpr int kLines = 5000;
  auto writer = start(fifo.path(), 100'000);
  {
    AccessLogBuffer buffer(writer.get());
    for (int i = 0; i < kLines; ++i) write_numbered(buffer, i);
  }
  const std::uint64_t dropped = writer->dropped();
  CHECK(dropped > kLines / 2);
  CHECK(dropped < kLines);
  writer.reset();  // gives up on what is queued
  const std::uint64_t received = fifo.lines();
  CHECK(received > 0);
  CHECK(received <= kLines - dropped);
}

TEST_CASE("lines that an output refuses are counted") {
  auto writer = start("/dev/full");
  const auto destination = writer->plain_settings()->destination;
  for (int i = 0; i < 100; ++i) {
    std::string lines = writer->hand_over(destination, "line\nline\n", 2);
    CHECK(lines.empty());
  }
  while (writer->dropped() < 200) std::this_thread::yield();
  CHECK(writer->dropped() == 200);
}

TEST_CASE("after a reopen lines go to a new file, those before it to the old one") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("log");
  {
    const auto writer = start(path);
    const auto destination = writer->plain_settings()->destination;
    writer->hand_over(destination, "old\n", 1);
    ::rename(path.c_str(), directory.path("log.1").c_str());
    writer->reopen();
    writer->hand_over(destination, "new\n", 1);
  }
  CHECK(read_file(directory.path("log.1")) == "old\n");
  CHECK(read_file(path) == "new\n");
}

TEST_CASE("no signal ever reaches the log's thread") {
  const TemporaryDirectory directory;
  static std::atomic<int> reached = 0;
  struct sigaction count{};
  struct sigaction before{};
  count.sa_handler = [](int) { ++reached; };
  ::sigaction(SIGUSR1, &count, &before);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, SIGUSR1);
  for (int round = 0; round < 200; ++round) {
    auto writer = start(directory.path("log"));
    ::pthread_sigmask(SIG_BLOCK, &one, nullptr);
    ::kill(::getpid(), SIGUSR1);
    writer.reset();
    const timespec at_once{};
    ::sigtimedwait(&one, nullptr, &at_once);  // what waits for this thread
    ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  }
  ::sigaction(SIGUSR1, &before, nullptr);
  CHECK(reached == 0);
}

TEST_CASE("a buffer's memory comes back to be used again") {
  const TemporaryDirectory directory;
  const auto writer = start(directory.path("log"));
  const auto destination = writer->plain_settings()->destination;
  const auto full_buffer = [] {
    std::string lines(AccessLogBuffer::kFull, '\n');
    return lines;
  };
  while (writer->hand_over(destination, full_buffer(), AccessLogBuffer::kFull).capacity() <
         AccessLogBuffer::kFull) {
    std::this_thread::yield();
  }
}

TEST_CASE("each line goes where and how the settings say that its worker had when it was made") {
  const TemporaryDirectory directory;
  const std::string first = directory.path("first"), second = directory.path("second");
  {
    const auto writer = start(first);
    weir::model::Log log;
    log.access.output = first;
    AccessLogBuffer slow(writer.get()), quick(writer.get());
    write_numbered(slow, 1);
    log.access.output = second;
    log.access.format.kind = weir::model::AccessFormat::Kind::text;
    log.access.format.text = *weir::model::parse_access_template("{request_id}");
    const auto next = writer->settings(log);
    REQUIRE(next.has_value());
    quick.use(*next);
    write_numbered(quick, 2);
    write_numbered(slow, 3);  // it has not heard of it yet
    slow.use(*next);
    write_numbered(slow, 4);
    quick.flush();
    log.access.output = "off";
    quick.use(writer->settings(log).value());
    CHECK(!quick.enabled());
    write_numbered(quick, 5);
    log.access.output = "/no/such/directory/log";
    CHECK(!writer->settings(log).has_value());
    CHECK(writer->dropped() == 0);
  }
  CHECK(read_lines(first).size() == 2);
  CHECK(read_lines(first).at(1).find("\"request_id\":\"3\"") != std::string::npos);
  CHECK(read_lines(second) == std::vector<std::string>{"2", "4"});
}

TEST_CASE("an output that nobody writes to any more is closed") {
  const auto open_files = [] {
    return std::ranges::distance(std::filesystem::directory_iterator("/proc/self/fd"));
  };
  const TemporaryDirectory directory;
  const auto writer = start(directory.path("0"));
  AccessLogBuffer buffer(writer.get());
  const auto before = open_files();
  for (int i = 1; i <= 20; ++i) {
    weir::model::Log log;
    log.access.output = directory.path(std::to_string(i));
    buffer.use(writer->settings(log).value());
    write_numbered(buffer, i);
  }
  CHECK(weir::test::eventually([&] { return open_files() <= before; }));
}

TEST_CASE("a log that stops does not wait for each piece that an output takes nothing of") {
  const StuckFifo fifo;
  constexpr std::uint64_t kPieces = 400;
  auto writer = start(fifo.path());
  const auto destination = writer->plain_settings()->destination;
  const auto before = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < kPieces; ++i)
    writer->hand_over(destination, std::string(2000, 'x') + "\n", 1);
  writer.reset();
  CHECK(std::chrono::steady_clock::now() - before < 20s);  // more than 30 s if each waits
  CHECK(fifo.lines() < kPieces);
}

TEST_CASE(
    "lines to a new output wait for a stuck old one no longer than its grace, and those to it are lost") {
  const TemporaryDirectory directory;
  const StuckFifo fifo;
  constexpr std::uint64_t kPieces = 500;
  const std::string second = directory.path("second");
  auto writer = AccessLogWriter::start({fifo.path(), 8 << 20, 100ms}).value();
  const auto old = writer->plain_settings()->destination;
  for (std::uint64_t i = 0; i < kPieces; ++i) writer->hand_over(old, std::string(2000, 'x') + "\n", 1);
  weir::model::Log log;
  log.access.output = second;
  const auto next = writer->settings(log).value();
  writer->hand_over(next->destination, "new\n", 1);
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (read_file(second).empty() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  REQUIRE(read_file(second) == "new\n");
  const std::uint64_t dropped = writer->dropped();
  CHECK(dropped > kPieces / 2);
  CHECK(fifo.lines() + dropped == kPieces);
  writer->hand_over(old, "late\n", 1);  // from a worker that has not heard of it: there is room again
  writer.reset();
  CHECK(fifo.lines() == 1);
}

TEST_CASE("the texts of JSON are shorter where a line must fit into a message of syslog") {
  const auto writer = AccessLogWriter::start({.output = "off"}).value();
  weir::model::Log log;
  log.access.output = "syslog:127.0.0.1:9";
  CHECK(writer->settings(log).value()->longest_text == 1024);
  log.access.output = "stdout";
  CHECK(writer->settings(log).value()->longest_text == weir::observe::kLongestText);
}
