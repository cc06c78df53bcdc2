// Exactly one line for each exchange, wherever it goes.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <set>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

TEST_CASE("each exchange is one line, with all its fields") {
  const Backend backend;
  Daemon weir(
      "process: { workers: 2 }\n"
      "listeners: { web: { bind: 127.0.0.1:0, forward: app } }\n"
      "target_groups:\n"
      "  app:\n"
      "    targets: [ { address: \"" +
      backend.address() + "\", zone: az-1, id: only } ]\n");
  Connection client(weir.address());
  client.send(
      "POST /count?a=1 HTTP/1.1\r\nHost: example.com\r\nUser-Agent: test \"quoted\"\r\n"
      "Content-Length: 10\r\n\r\n" +
      pattern(0, 10));
  const Answer answer = client.answer();
  CHECK(answer.body == "10 right");
  const std::vector<Json> lines = weir.access_log(1);
  REQUIRE(lines.size() == 1);
  const Json& line = lines[0];
  CHECK(line["type"] == "http");
  CHECK(line["listener"] == "web");
  CHECK(line["client"] == "127.0.0.1");
  CHECK(line["client_port"] > 0);
  CHECK(line["target_group"] == "app");
  CHECK(line["target"] == backend.address());
  CHECK(line["target_id"] == "only");
  CHECK(line["zone"] == "az-1");
  CHECK(line["method"] == "POST");
  const std::string port = weir.address().substr(weir.address().find(':') + 1);
  CHECK(line["url"] == "http://example.com:" + port + "/count?a=1");
  CHECK(line["protocol"] == "HTTP/1.1");
  CHECK(line["status"] == 200);
  CHECK(line["target_status"] == 200);
  CHECK(line["received_bytes"] > 10);
  CHECK(line["sent_bytes"].get<std::size_t>() >= answer.head.size());
  CHECK(line["user_agent"] == "test \"quoted\"");
  CHECK(line["request_id"].get<std::string>().size() >= 16);
  CHECK(line["trace_id"] != "");
  for (const char* const time : {"connect_seconds", "first_byte_seconds", "total_seconds"}) {
    INFO(time);
    CHECK(line[time] >= 0);
    CHECK(line[time] < 20);
  }
  CHECK(line["attempts"] == 1);
  CHECK(line["reused"] == false);
  CHECK(line["reason"] == "");
  CHECK(line["time"].get<std::string>().size() == std::string_view("2000-01-01T00:00:00.000Z").size());
}

TEST_CASE("a thousand exchanges of all kinds are a thousand lines in a file") {
  const Backend backend;
  Daemon weir("process: { workers: 3 }\nlog: { access: { output: \"{dir}/access.log\" } }\n" +
              web_to(backend.address()));
  int requests = 0;
  std::vector<Connection> clients;
  for (int i = 0; i < 20; ++i) clients.emplace_back(weir.address());
  for (int round = 0; round < 48; ++round) {
    for (Connection& client : clients) {
      client.send(fmt::format("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", requests++));
    }
    for (Connection& client : clients) CHECK(client.answer().status == 200);
  }
  // Refused, cut by the client, refused in the middle of the body.
  for (Connection& client : clients) client.send(fmt::format("GET /{} HTTP/9\r\n\r\n", requests++));
  for (Connection& client : clients) CHECK(client.answer().status >= 400);
  for (int i = 0; i < 10; ++i) {
    Connection client(weir.address());
    client.send(fmt::format("POST /{} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n", requests++));
    Connection bad(weir.address());
    bad.send(
        fmt::format("POST /{} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n?\r\n", requests++));
    CHECK(bad.answer().status == 400);
  }
  REQUIRE(requests == 1000);

  const std::string file = weir.directory().path("access.log");
  REQUIRE(eventually([&] { return lines_of(read_file(file)).size() >= 1000; }));
  CHECK(weir.stop() == 0);
  const std::vector<Json> lines = json_lines(read_file(file));
  CHECK(lines.size() == 1000);
  CHECK(weir.process().out() == "");
  std::set<std::string> urls, ids;
  std::map<int, int> statuses;
  for (const Json& line : lines) {
    urls.insert(line["url"]);
    ids.insert(line["request_id"]);
    ++statuses[line["status"]];
  }
  CHECK(statuses[200] == 960);
  CHECK(statuses[460] == 10);
  CHECK(statuses[400] + statuses[505] == 30);
  CHECK(ids.size() >= 970);
}

TEST_CASE("without an access log nothing is written, and stderr works too") {
  const Backend backend;
  std::string output;
  SUBCASE("off") { output = "off"; }
  SUBCASE("stderr") { output = "stderr"; }
  Daemon weir("log: { access: { output: " + output + " } }\n" + web_to(backend.address()));
  CHECK(fetch(weir.address(), "/name").status == 200);
  CHECK(weir.stop() == 0);
  CHECK(weir.process().out() == "");
  CHECK((weir.log().find("\"url\"") != std::string::npos) == (output == "stderr"));
}

TEST_CASE("what waits in the log when weir stops is still written") {
  const Backend backend;
  Daemon weir(web_to(backend.address()));
  for (int i = 0; i < 20; ++i) CHECK(fetch(weir.address(), "/name").status == 200);
  CHECK(weir.stop() == 0);
  CHECK(weir.access_log().size() == 20);
}
