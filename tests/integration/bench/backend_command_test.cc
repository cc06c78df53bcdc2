#include <doctest/doctest.h>

#include <csignal>
#include <string>
#include <vector>

#include "tests/support/connection.h"
#include "tests/support/process.h"

namespace weir::bench {
namespace {

using test::Connection;

// `weir-bench backend` on a port of its own.
class Command {
 public:
  explicit Command(std::vector<std::string> options) : process_({with_program(std::move(options))}) {
    REQUIRE(test::eventually([&] { return process_.out().ends_with('\n') || !process_.running(); }));
    const std::string line = process_.out();
    REQUIRE_MESSAGE(line.starts_with(kLine), process_.err());
    address = line.substr(kLine.size(), line.find('\n') - kLine.size());
  }
  test::Process& process() { return process_; }
  std::string address;

 private:
  static constexpr std::string_view kLine = "listening on ";
  static std::vector<std::string> with_program(std::vector<std::string> options) {
    options.insert(options.begin(), {WEIR_BENCH_BINARY, "backend", "--listen", "127.0.0.1:0"});
    return options;
  }
  test::Process process_;
};

}  // namespace

TEST_CASE("the backend command serves, and ends at once when it is told to") {
  for (const int number : {SIGTERM, SIGINT}) {
    Command command({"--body", "1KiB", "--header", "Server: bench", "--threads", "2"});
    Connection waiting(command.address);
    waiting.send("GET /delay/1h HTTP/1.1\r\nHost: a\r\n\r\n");
    const test::Answer answer = test::fetch(command.address, "/");
    CHECK(answer.body.size() == 1024);
    CHECK(answer.field("Server") == "bench");
    command.process().signal(number);
    CHECK(command.process().wait() == 0);
    CHECK(waiting.closes());
  }
}

TEST_CASE("after as many requests as it was told it dies, and says so") {
  Command command({"--die-after", "3"});
  Connection client(command.address);
  Connection other(command.address);
  for (int i = 0; i < 3; ++i) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.answer().whole);
  }
  CHECK(client.closes());
  CHECK(other.closes());
  CHECK(command.process().wait() == 0);
  CHECK(command.process().err() == "weir-bench: the backend dies: 3 requests have been answered\n");
}

TEST_CASE("after such a time as it was told it dies") {
  const test::Stopwatch watch;
  Command command({"--die-after", "50ms"});
  CHECK(command.process().wait() == 0);
  CHECK(watch.elapsed() >= test::Milliseconds(50));
  CHECK(command.process().err() == "weir-bench: the backend dies: its time is over\n");
}

TEST_CASE("a request may end the backend, if that is allowed") {
  Command command({"--allow-die"});
  Connection client(command.address);
  client.send("GET /die HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.closes());
  CHECK(command.process().wait() == 0);
}

TEST_CASE("an option that is wrong ends the command with 2, and what was wrong") {
  struct Row {
    std::vector<std::string> options;
    std::string_view says;
  };
  const Row rows[] = {
      {{}, "--listen is required"},
      {{"--listen", "nowhere"}, "--listen: "},
      {{"--listen", "127.0.0.1:0", "--body", "2GiB"}, "--body: '2GiB' is too much: bodies have at most 1GiB"},
      {{"--listen", "127.0.0.1:0", "--delay", "5"}, "--delay: '5' is not a duration"},
      {{"--listen", "127.0.0.1:0", "--error-rate", "150%"}, "--error-rate: '150%' is not a share"},
      {{"--listen", "127.0.0.1:0", "--error-kind", "x"},
       "--error-kind: 'x' is not one of status, reset and close"},
      {{"--listen", "127.0.0.1:0", "--header", "Connection: x"},
       "--header: Connection is written by weir-bench itself"},
      {{"--listen", "127.0.0.1:0", "--die-after", "0"},
       "--die-after: '0' is neither a number of requests nor"},
      {{"--listen", "127.0.0.1:0", "--threads", "0"}, "--threads: "},
  };
  for (const Row& row : rows) {
    CAPTURE(row.says);
    std::vector<std::string> arguments{WEIR_BENCH_BINARY, "backend"};
    arguments.insert(arguments.end(), row.options.begin(), row.options.end());
    const test::Finished finished = test::run(arguments);
    CHECK(finished.code == 2);
    CHECK((finished.out + finished.err).find(row.says) != std::string::npos);
  }
}

TEST_CASE("an address that cannot be had ends the command with 1") {
  Command command({});
  const test::Finished second = test::run({WEIR_BENCH_BINARY, "backend", "--listen", command.address});
  CHECK(second.code == 1);
  CHECK(second.err.find("weir-bench: cannot listen on " + command.address) == 0);
}

}  // namespace weir::bench
