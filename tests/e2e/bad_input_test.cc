// What no client should send: a status or a close, one line in the log, and nobody else notices.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  result.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

// Sends as much as weir takes, and returns what it says before it closes.
std::string abuse(const std::string& address, std::string_view bytes) {
  Connection client(address);
  std::string said;
  const Stopwatch watch;
  while (!bytes.empty() && watch.elapsed() < kPatience) {
    const auto sent = client.send_some(bytes, Milliseconds(100));
    if (!sent) break;
    bytes.remove_prefix(*sent);
  }
  client.shutdown_write();
  CHECK(client.closes(kPatience, &said));
  return said;
}

}  // namespace

TEST_CASE("garbage gets a status or a close and one line in the log, and the traffic beside it goes on") {
  struct Row {
    std::string name;
    std::string bytes;
    int status;
  };
  const std::string tls("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  const Row rows[] = {
      {"random bytes", pattern(7, 4096), 400},
      {"bytes above ASCII", repeated("\xff\xfe\x80\x81", 1000), 400},
      {"a TLS client hello", tls + repeated(std::string("\x00\xab", 2), 300), 400},
      {"an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"a PROXY header", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + get + "\r\n", 501},
      {"NUL bytes", std::string(10000, '\0'), 400},
      {"a NUL in a field", get + std::string("X: a\0b\r\n\r\n", 10), 400},
      {"a million empty lines", repeated("\r\n", 1'000'000), 400},
      {"a head of 10 MB in one field", get + "X: " + std::string(10'000'000, 'x') + "\r\n\r\n", 431},
      {"a head of 10 MB in many fields",
       get + repeated("X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", 250'000), 431},
      {"a target of 10 MB", "GET /" + std::string(10'000'000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"a method without end", std::string(1'000'000, 'A'), 0},
      {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", 400},
      {"both lengths",
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"a chunk size of letters", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
       400},
      {"half a head", "GET / HTT", -1},
  };
  const Backend backend;
  Daemon weir("process: { workers: 1 }\n" + web_to(backend.address()));
  Connection beside(weir.address());
  std::size_t lines = 0;
  const auto one_more = [&] {
    beside.send("GET /name HTTP/1.1\r\nHost: a\r\n\r\n");
    const Answer answer = beside.answer();
    CHECK(answer.status == 200);
    CHECK(answer.body == "backend");
    ++lines;
  };
  one_more();
  for (const Row& row : rows) {
    INFO(row.name);
    const std::string said = abuse(weir.address(), row.bytes);
    INFO(said);
    if (row.status > 0) {
      CHECK(said.starts_with(fmt::format("HTTP/1.1 {} ", row.status)));
      CHECK(said.find("Proxy-Status: weir; error=") != std::string::npos);
      CHECK(said.find("Connection: close\r\n") != std::string::npos);
    }
    if (row.status >= 0) ++lines;  // otherwise the client left before it had asked for anything
    one_more();
    const std::vector<Json> log = weir.access_log(lines);
    CHECK(log.size() == lines);
    if (row.status > 0 && log.size() >= 2) {
      const Json& line = log[log.size() - 2];
      CHECK(line["status"] == row.status);
      CHECK(line["reason"] != "");
    }
    lines = log.size();
  }
  CHECK(beside.readable(Milliseconds(0)) == false);
  CHECK(weir.process().running());
  // On its own log nothing was said about any of it.
  CHECK(weir.log().find("error") == std::string::npos);
}

TEST_CASE("many clients that send garbage at once do not slow the others down") {
  const Backend backend;
  Daemon weir("process: { workers: 2 }\nlog: { access: { output: off } }\n" + web_to(backend.address()));
  std::vector<std::jthread> abusers;
  for (int i = 0; i < 4; ++i) {
    abusers.emplace_back([address = weir.address(), i] {
      try {
        for (int round = 0; round < 20; ++round) {
          Connection client(address);
          const std::string bytes =
              i % 2 == 0 ? repeated("\r\n", 50'000) : pattern(static_cast<std::size_t>(i), 300'000);
          client.send_some(bytes, Milliseconds(100));
          if (i >= 2) client.reset();
        }
      } catch (const std::exception&) {
      }
    });
  }
  Connection client(weir.address());
  for (int i = 0; i < 200; ++i) {
    client.send("GET /name HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.answer().status == 200);
  }
  abusers.clear();
  CHECK(fetch(weir.address(), "/name").status == 200);
}
