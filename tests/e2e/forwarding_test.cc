// Real clients on one side and a real server on the other.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/e2e/nginx.h"
#include "tests/e2e/weir.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

// The shipped example in front of one nginx: only its ports differ.
std::string shipped_example(const std::string& target) {
  std::string yaml = read_file(source("config/examples/minimal.yaml"));
  const auto replace = [&](std::string_view from, const std::string& to) {
    const std::size_t at = yaml.find(from);
    REQUIRE_MESSAGE(at != std::string::npos, from);
    yaml.replace(at, from.size(), to);
  };
  replace("0.0.0.0:8080", "127.0.0.1:0");
  replace("127.0.0.1:9001", target);
  replace(", 127.0.0.1:9002", "");
  return yaml;
}

// curl, quiet, with these arguments; what it prints last is the status.
struct CurlResult {
  int code;
  std::string status;
  std::string out;
};

CurlResult curl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"curl", "-sS", "--max-time", "60", "-w", "\n%{http_code}"});
  const Finished finished = run(std::move(arguments));
  const std::size_t end = finished.out.rfind('\n');
  INFO(finished.err);
  CHECK(finished.code == 0);
  return {finished.code, finished.out.substr(end + 1), finished.out.substr(0, end)};
}

}  // namespace

TEST_CASE("the shipped example serves curl in front of a real nginx") {
  const Nginx nginx;
  Daemon weir(shipped_example(nginx.address()));
  const TemporaryDirectory files;
  const std::string url = "http://" + weir.address();
  const std::string mebibyte = pattern(0, 1 << 20);
  const std::string upload = files.write("upload", mebibyte);

  SUBCASE("GET") {
    const CurlResult got = curl({url + "/small"});
    CHECK(got.status == "200");
    CHECK(got.out == "nginx is here\n");
  }
  SUBCASE("HEAD") {
    const CurlResult got = curl({"-I", url + "/small"});
    CHECK(got.status == "200");
    CHECK(got.out.find("Content-Length: 14") != std::string::npos);
  }
  SUBCASE("POST") {
    const CurlResult got = curl({"-d", "a=b", url + "/small"});
    CHECK(got.status == "200");
    CHECK(got.out == "nginx is here\n");
  }
  SUBCASE("204") { CHECK(curl({url + "/empty"}).status == "204"); }
  SUBCASE("304") {
    CHECK(curl({"-T", upload, url + "/files/a"}).status == "201");
    const std::string etag = fetch(weir.address(), "/files/a").field("etag");
    REQUIRE(!etag.empty());
    CHECK(curl({"-H", "If-None-Match: " + etag, url + "/files/a"}).status == "304");
  }
  SUBCASE("a body without a length, chunked by nginx") {
    const CurlResult got = curl({"--compressed", url + "/chunked-me"});
    CHECK(got.status == "200");
    CHECK(got.out == "chunked here\n");
  }
  SUBCASE("1 MiB up and down again") {
    CHECK(curl({"-H", "Expect:", "-T", upload, url + "/files/a"}).status == "201");
    CHECK(curl({"-o", files.path("down"), url + "/files/a"}).status == "200");
    CHECK(read_file(files.path("down")) == mebibyte);
  }
  SUBCASE("1 MiB up with Expect: 100-continue") {
    CHECK(curl({"-H", "Expect: 100-continue", "-T", upload, url + "/files/b"}).status == "201");
    CHECK(curl({"-o", files.path("down"), url + "/files/b"}).status == "200");
    CHECK(read_file(files.path("down")) == mebibyte);
  }
  SUBCASE("1 MiB up in chunks") {
    CHECK(curl({"-H", "Transfer-Encoding: chunked", "-T", upload, url + "/files/c"}).status == "201");
    CHECK(curl({"-o", files.path("down"), url + "/files/c"}).status == "200");
    CHECK(read_file(files.path("down")) == mebibyte);
  }
  SUBCASE("a part of a file") {
    CHECK(curl({"-T", upload, url + "/files/d"}).status == "201");
    const CurlResult got = curl({"-r", "100-199", url + "/files/d"});
    CHECK(got.status == "206");
    CHECK(got.out == mebibyte.substr(100, 100));
  }
  SUBCASE("HTTP/1.0") {
    const CurlResult got = curl({"--http1.0", url + "/small"});
    CHECK(got.status == "200");
    CHECK(got.out == "nginx is here\n");
  }
  SUBCASE("many requests on one connection") {
    const CurlResult got = curl({"-w", "%{num_connects} ", url + "/small?[1-50]"});
    CHECK(got.out.find("0 nginx is here") != std::string::npos);
    CHECK(weir.status()["listeners"][0]["connections_total"] == 1);
  }
}

TEST_CASE("pipelined requests are answered in their order") {
  const Nginx nginx;
  Daemon weir(web_to(nginx.address()));
  Connection client(weir.address());
  std::string requests;
  for (int i = 0; i < 40; ++i) {
    requests +=
        i % 2 == 0 ? "GET /small HTTP/1.1\r\nHost: a\r\n\r\n" : "GET /empty HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  client.send(requests);
  for (int i = 0; i < 40; ++i) CHECK(client.answer().status == (i % 2 == 0 ? 200 : 204));
}

TEST_CASE(
    "an HTTP/1.0 client gets an answer that ends with the connection, or keeps it if it asks for that") {
  const Nginx nginx;
  Daemon weir(web_to(nginx.address()));
  {
    Connection client(weir.address());
    client.send("GET /small HTTP/1.0\r\nHost: a\r\n\r\n");
    std::string text;
    CHECK(client.closes(kPatience, &text));
    CHECK(text.ends_with("\r\n\r\nnginx is here\n"));
    CHECK(text.find("Transfer-Encoding") == std::string::npos);
  }
  Connection client(weir.address());
  for (int i = 0; i < 3; ++i) {
    client.send("GET /small HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    const Answer answer = client.answer();
    CHECK(answer.status == 200);
    CHECK(answer.body == "nginx is here\n");
  }
}

TEST_CASE("wrk with 200 connections sees no error") {
  const Nginx nginx;
  Daemon weir(shipped_example(nginx.address()) + "log: { access: { output: off } }\n");
  const Finished wrk =
      run({"wrk", "-t", "2", "-c", "200", "-d", "3s", "http://" + weir.address() + "/small"});
  INFO(wrk.out << wrk.err);
  CHECK(wrk.code == 0);
  CHECK(wrk.out.find("Socket errors") == std::string::npos);
  CHECK(wrk.out.find("Non-2xx") == std::string::npos);
  CHECK(wrk.out.find("Requests/sec") != std::string::npos);
  const Json status = weir.status();
  CHECK(status["listeners"][0]["requests"] > 100);
  CHECK(status["listeners"][0]["responses_5xx"] == 0);
}

TEST_CASE("a real WebSocket client talks to a real WebSocket server") {
  const std::string peer = source("tests/e2e/websocket_peer.py");
  Process server({.arguments = {kPython, "-u", peer, "serve"}});
  REQUIRE(eventually([&] { return !lines_of(server.out()).empty() || !server.running(); }));
  INFO(server.err());
  REQUIRE(server.running());
  Daemon weir(web_to(lines_of(server.out())[0]));

  const Finished client = run({kPython, peer, "talk", "ws://" + weir.address() + "/chat"});
  INFO(client.err);
  CHECK(client.code == 0);
  CHECK(client.out == "text ok\nbinary ok\nping ok\nboth ways at once ok\nclose ok\n");

  const std::vector<Json> lines = weir.access_log(1);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]["type"] == "ws");
  CHECK(lines[0]["status"] == 101);
  CHECK(eventually([&] { return weir.status()["listeners"][0]["websockets"] == 0; }));
}
