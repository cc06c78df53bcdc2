// What clients of HTTP/2 get to see of a site whose targets speak HTTP/1.1.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <functional>

#include "tests/e2e/http2_scene.h"
#include "tests/e2e/nginx.h"
#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;
namespace http = weir::http;

namespace {

constexpr std::size_t kLongBody = 5 << 20;
constexpr const char* kPriorKnowledge = "--http2-prior-knowledge";

// curl in the clear; what it prints last is the version of HTTP and the status.
struct ClearResult {
  std::string version;
  std::string status;
  std::string out;
};

ClearResult curl_clear(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(),
                   {"curl", "-sS", "--max-time", "60", "-w", "\n%{http_version} %{http_code}"});
  const Finished finished = run(std::move(arguments));
  INFO(finished.err);
  CHECK(finished.code == 0);
  const std::size_t end = finished.out.rfind('\n');
  const std::size_t space = finished.out.rfind(' ');
  return {finished.out.substr(end + 1, space - end - 1), finished.out.substr(space + 1),
          finished.out.substr(0, end)};
}

// A target that says what a test wants: `script` is called with the head of each request, but for weir's
// probes.
ThreadedServer::Answer scripted(std::function<bool(Connection&, const std::vector<std::string>&)> script) {
  return [script = std::move(script)](Connection& connection) {
    const std::vector<std::string> head = connection.head_lines();
    if (head.empty()) return false;
    if (std::ranges::find(head, "User-Agent: weir/health-check") == head.end())
      return script(connection, head);
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    return true;
  };
}

std::string address_of(const ThreadedServer& server) { return "127.0.0.1:" + server.port(); }

double connections_of(const Daemon& weir, const std::string& protocol) {
  return metric(weir, fmt::format("weir_connections_total{{listener=\"web\",protocol=\"{}\"}}", protocol));
}

}  // namespace

TEST_CASE("curl chooses HTTP/2 or HTTP/1.1 by ALPN, and the log, the metrics and the target know which") {
  const Certificates certificates;
  certificates.issue("site");
  const Backend backend;
  Daemon weir("process: { workers: 1 }\n" +
              https_to(backend.address(), certificates_of(certificates.item("site"))));
  const Finished second = curl(weir, certificates, "/head?2", {"--http2", "-w", " %{http_version}"});
  INFO(second.err);
  REQUIRE(second.code == 0);
  CHECK(second.out.ends_with("\n 2"));
  CHECK(second.out.starts_with("GET /head?2 HTTP/1.1\n"));
  CHECK(has(second.out, "X-Forwarded-Proto: https\n"));
  const Finished first = curl(weir, certificates, "/name", {"--http1.1", "-w", " %{http_version}"});
  CHECK(first.out == "backend 1.1");

  const std::vector<Json> lines = weir.access_log(2);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["type"] == "h2");
  CHECK(lines[0]["protocol"] == "HTTP/2.0");
  CHECK(lines[0]["method"] == "GET");
  CHECK(lines[0]["url"].get<std::string>().starts_with("https://localhost:"));
  CHECK(lines[0]["tls_version"] == "TLSv1.3");
  CHECK(lines[0]["received_bytes"] > 9);
  CHECK(lines[0]["sent_bytes"].get<std::size_t>() > second.out.size());
  CHECK(lines[1]["type"] == "https");
  CHECK(lines[1]["protocol"] == "HTTP/1.1");
  CHECK(connections_of(weir, "h2") == 1);
  CHECK(connections_of(weir, "http/1.1") == 1);
}

TEST_CASE("without http2, or without h2 in alpn, a listener of TLS speaks HTTP/1.1 alone") {
  const Certificates certificates;
  certificates.issue("site");
  const Backend backend;
  std::string tls = certificates_of(certificates.item("site")), settings;
  SUBCASE("http2: off") { settings = "    http2: off\n"; }
  SUBCASE("alpn: [http/1.1]") { tls += ", alpn: [http/1.1]"; }
  Daemon weir(https_to(backend.address(), tls, settings));
  CHECK(curl(weir, certificates, "/name", {"--http2", "-w", " %{http_version}"}).out == "backend 1.1");
}

TEST_CASE("in the clear HTTP/2 begins with prior knowledge, beside HTTP/1.1 on the same port") {
  const Backend backend;
  Daemon weir("process: { workers: 1 }\n" + http2_to(backend.address()));
  const std::string url = "http://" + weir.address();
  const ClearResult second = curl_clear({kPriorKnowledge, url + "/name"});
  CHECK(second.version == "2");
  CHECK(second.out == "backend");
  const ClearResult first = curl_clear({url + "/name"});
  CHECK(first.version == "1.1");
  CHECK(first.out == "backend");

  const TemporaryDirectory files;
  const std::string upload = files.write("upload", pattern(0, 100'000));
  CHECK(curl_clear({kPriorKnowledge, "--data-binary", "@" + upload, url + "/count"}).out == "100000 right");

  const std::vector<Json> lines = weir.access_log(3);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["protocol"] == "HTTP/2.0");
  CHECK(lines[0]["type"] == "http");
  CHECK(lines[1]["protocol"] == "HTTP/1.1");
  CHECK(lines[2]["method"] == "POST");
  CHECK(connections_of(weir, "h2") == 2);
  CHECK(connections_of(weir, "http/1.1") == 1);
}

TEST_CASE("an upgrade from HTTP/1.1 to h2c is never made, nor told to the target") {
  const Backend backend;
  Daemon weir(http2_to(backend.address()));
  const ClearResult got = curl_clear({"--http2", "http://" + weir.address() + "/head"});
  CHECK(got.version == "1.1");
  CHECK(got.status == "200");
  CHECK(!has(got.out, "Upgrade"));
  CHECK(!has(got.out, "HTTP2-Settings"));
}

TEST_CASE("curl over HTTP/2 in front of a real nginx") {
  const Nginx nginx;
  Daemon weir(http2_to(nginx.address()));
  const TemporaryDirectory files;
  const std::string url = "http://" + weir.address();
  const std::string mebibyte = pattern(0, 1 << 20);
  const std::string upload = files.write("upload", mebibyte);
  const auto get = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), kPriorKnowledge);
    ClearResult got = curl_clear(std::move(arguments));
    CHECK(got.version == "2");
    return got;
  };

  SUBCASE("HEAD") {
    const ClearResult got = get({"-I", url + "/small"});
    CHECK(got.status == "200");
    CHECK(has(got.out, "content-length: 14"));
  }
  SUBCASE("204") {
    const ClearResult got = get({"-i", url + "/empty"});
    CHECK(got.status == "204");
    CHECK(!has(got.out, "content-length"));
  }
  SUBCASE("304") {
    CHECK(get({"-T", upload, url + "/files/a"}).status == "201");
    const std::string etag = fetch(weir.address(), "/files/a").field("etag");
    REQUIRE(!etag.empty());
    CHECK(get({"-H", "If-None-Match: " + etag, url + "/files/a"}).status == "304");
  }
  SUBCASE("a body without a length") {
    CHECK(get({"--compressed", url + "/chunked-me"}).out == "chunked here\n");
  }
  SUBCASE("1 MiB up, of unknown length, and down again") {
    Http2Client client(weir.address());
    const std::uint32_t stream = client.begin(request_fields("/files/a", {{":method", "PUT"}}), false);
    CHECK(client.send(stream, mebibyte, true) == mebibyte.size());
    CHECK(client.answer(stream).status == 201);
    CHECK(get({"-o", files.path("down"), url + "/files/a"}).status == "200");
    CHECK(read_file(files.path("down")) == mebibyte);
  }
  SUBCASE("1 MiB up with Expect: 100-continue") {
    CHECK(get({"-H", "Expect: 100-continue", "-T", upload, url + "/files/b"}).status == "201");
    CHECK(get({"-o", files.path("down"), url + "/files/b"}).status == "200");
    CHECK(read_file(files.path("down")) == mebibyte);
  }
}

TEST_CASE("curl sends many requests over one connection") {
  const Certificates certificates;
  certificates.issue("site");
  const Backend backend;
  Daemon weir(https_to(backend.address(), certificates_of(certificates.item("site"))));
  CHECK(curl(weir, certificates, "/name?[1-50]", {"--http2", "-w", "\n"}).code == 0);
  CHECK(connections_of(weir, "h2") == 1);
  CHECK(weir.status()["listeners"][0]["requests"] == 50);
}

TEST_CASE("5 MiB go up while the same go down") {
  // Each piece is sent back before the next one is read.
  const ThreadedServer target(scripted([](Connection& connection, const auto&) {
    connection.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", kLongBody));
    connection.body(kLongBody, [&](std::string_view piece) { connection.send(piece); });
    return true;
  }));
  const Certificates certificates;
  certificates.issue("site");
  Daemon weir(https_to(address_of(target), certificates_of(certificates.item("site"))));
  const TemporaryDirectory files;
  const std::string upload = files.write("upload", pattern(0, kLongBody));
  const Finished got =
      curl(weir, certificates, "/echo",
           {"--http2", "-T", upload, "-o", files.path("down"), "-w", "%{http_version} %{http_code}"});
  INFO(got.err);
  CHECK(got.code == 0);
  CHECK(got.out == "2 200");
  CHECK(read_file(files.path("down")) == pattern(0, kLongBody));
}

TEST_CASE("early hints, trailers and a 100 of the target arrive as they are meant") {
  const ThreadedServer target(scripted([](Connection& connection, const auto& head) {
    if (head[0].starts_with("POST")) {
      connection.send("HTTP/1.1 100 Continue\r\n\r\n");
      std::string body;
      connection.body(5, [&](std::string_view piece) { body += piece; });
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + body);
      return true;
    }
    connection.send(
        "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nConnection: X-Hop\r\nX-Hop: "
        "1\r\n\r\n"
        "5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n");
    return true;
  }));
  Daemon weir(http2_to(address_of(target)));
  Http2Client client(weir.address());

  const Http2Answer got = client.fetch(request_fields("/", {{"te", "trailers"}}));
  CHECK(got.interim == std::vector<int>{103});
  CHECK(got.status == 200);
  CHECK(got.body == "hello");
  CHECK(got.trailers == Http2Fields{{"x-sum", "42"}});
  CHECK(got.field("transfer-encoding") == "");
  CHECK(got.field("connection") == "");
  CHECK(got.field("x-hop") == "");

  // Nothing is sent until it is asked for.
  const std::uint32_t stream = client.begin(
      request_fields("/", {{":method", "POST"}, {"expect", "100-continue"}, {"content-length", "5"}}), false);
  REQUIRE(client.until([&] { return !client.so_far(stream).interim.empty(); }));
  CHECK(client.so_far(stream).interim[0] == 100);
  CHECK(client.send(stream, "hello", true) == 5);
  CHECK(client.answer(stream).body == "hello");
  CHECK(client.answer(stream).status == 200);
}

TEST_CASE("a request that is given up ends at the target, and the others of its connection go on") {
  std::atomic<int> asked{0}, left{0};
  const ThreadedServer target(scripted([&](Connection& connection, const auto& head) {
    if (has(head[0], "/fast")) {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      return true;
    }
    ++asked;
    left += eventually([&] { return connection.at_end(); });
    return false;
  }));
  Daemon weir(http2_to(address_of(target)));

  SUBCASE("by RST_STREAM") {
    Http2Client client(weir.address());
    const std::uint32_t first = client.get("/slow"), second = client.get("/slow");
    REQUIRE(eventually([&] { return asked == 2; }));
    client.frames().rst_stream(first, http::H2Error::cancel);
    CHECK(eventually([&] { return left == 1; }));
    CHECK(client.fetch(request_fields("/fast")).status == 200);
    client.frames().rst_stream(second, http::H2Error::cancel);
    CHECK(eventually([&] { return left == 2; }));
    CHECK(client.goaways().empty());
    CHECK(weir.access_log(3).size() == 3);
  }
  SUBCASE("by a curl that is killed") {
    Process client({.arguments = {"curl", "-s", kPriorKnowledge, "http://" + weir.address() + "/slow"}});
    REQUIRE(eventually([&] { return asked == 1; }));
    client.signal(SIGKILL);
    CHECK(eventually([&] { return left == 1; }));
  }
  const std::vector<Json> lines = weir.access_log(1);
  REQUIRE(!lines.empty());
  CHECK(lines.back()["status"] == 460);
  CHECK(lines.back()["reason"] == "client_gone");
}

TEST_CASE("what weir answers itself comes over HTTP/2 as well") {
  struct Row {
    const char* name;
    Http2Fields fields;
    int status;
    const char* reason;
  };
  const Row rows[] = {
      {"respond", request_fields("/robots.txt"), 404, ""},
      {"redirect", request_fields("/old?b"), 301, ""},
      {"no target", request_fields("/nobody"), 503, "no_target"},
      {"no Host", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}}, 400, "missing_host"},
      {"a path that is no path", request_fields("/a b"), 400, "BadUri"},
      {"a path too long", request_fields("/" + std::string(1000, 'a')), 414, "target_too_long"},
      {"a field too large", request_fields("/", {{"x", std::string(5000, 'a')}}), 431, "header_too_large"},
      {"an expectation that nobody knows", request_fields("/", {{"expect", "tea"}}), 417, "bad_expectation"},
      {"a method that nobody knows", request_fields("/", {{":method", "BREW"}}), 501, "unknown_method"},
      {"TRACE", request_fields("/", {{":method", "TRACE"}}), 405, ""},
  };
  const Backend backend;
  Daemon weir(
      "listeners:\n"
      "  web:\n"
      "    bind: 127.0.0.1:0\n"
      "    http2: { header_list: 4KiB }\n"
      "    limits: { target_bytes: 512, body_bytes: 1KiB }\n"
      "    rules:\n"
      "      - { match: { path: =/robots.txt }, respond: { status: 404, body: none } }\n"
      "      - { match: { path: =/old }, redirect: { host: new.test, status: 301 } }\n"
      "      - { match: { path: =/nobody }, forward: empty }\n"
      "    forward: app\n"
      "target_groups:\n"
      "  empty: { health_check: off, targets: [] }\n"
      "  app: { targets: [\"" +
      backend.address() + "\"] }\n");
  Http2Client client(weir.address());
  for (const Row& row : rows) {
    INFO(row.name);
    const Http2Answer got = client.fetch(row.fields);
    CHECK(got.status == row.status);
    CHECK(got.whole);
  }
  const std::vector<Json> log = weir.access_log(std::size(rows));
  REQUIRE(log.size() == std::size(rows));
  for (std::size_t i = 0; i < log.size(); ++i) {
    INFO(rows[i].name);
    CHECK(log[i]["status"] == rows[i].status);
    CHECK(log[i]["protocol"] == "HTTP/2.0");
    CHECK((*rows[i].reason == '\0' || log[i]["reason"] == rows[i].reason));
  }
  const Http2Answer moved = client.fetch(request_fields("/old?b"));
  CHECK(moved.field("location").starts_with("http://new.test"));

  // The answer is there before the content is: the client need not send the rest.
  const std::uint32_t stream =
      client.begin(request_fields("/", {{":method", "POST"}, {"content-length", "100000"}}), false);
  const Http2Answer refused = client.answer(stream);
  CHECK(refused.status == 413);
  CHECK(client.until([&] { return client.so_far(stream).reset.has_value(); }));
  CHECK(client.so_far(stream).reset == http::H2Error::no_error);
  CHECK(client.goaways().empty());
  CHECK(backend.requests() == 0);
  CHECK(client.fetch(request_fields("/name")).body == "backend");
}

TEST_CASE("curl prints the answer that comes before the end of its upload") {
  const Backend backend;
  Daemon weir(http2_to(backend.address(), "    limits: { body_bytes: 1KiB }\n"));
  const TemporaryDirectory files;
  // What fits into the window of the stream, what fills it, and what never fits.
  for (const std::size_t size : {std::size_t{10'000}, std::size_t{65'536}, std::size_t{10'000'000}}) {
    const std::string file = files.write("content", std::string(size, 'x'));
    for (const auto& [option, content] : {std::pair("-T", file), std::pair("--data-binary", "@" + file)}) {
      CAPTURE(size);
      CAPTURE(option);
      const ClearResult got =
          curl_clear({kPriorKnowledge, option, content, "http://" + weir.address() + "/count"});
      CHECK(got.version == "2");
      CHECK(got.status == "413");
      CHECK(got.out.starts_with("413 "));
    }
  }
  CHECK(backend.requests() == 0);
}

TEST_CASE("a client stays with its target, whose cookie comes in crumbs") {
  const Backend one("one"), two("two"), three("three");
  Daemon weir(
      fmt::format("listeners: {{ web: {{ bind: 127.0.0.1:0, http2: on, forward: app }} }}\n"
                  "target_groups:\n"
                  "  app:\n"
                  "    stickiness: {{ type: lb_cookie }}\n"
                  "    targets: [\"{}\", \"{}\", \"{}\"]\n",
                  one.address(), two.address(), three.address()));
  Http2Client client(weir.address());
  const Http2Answer first = client.fetch(request_fields("/name"));
  const std::string cookie = first.field("set-cookie").substr(0, first.field("set-cookie").find(';'));
  REQUIRE(cookie.starts_with("WEIRLB="));
  for (int i = 0; i < 10; ++i) {
    Http2Client other(weir.address());
    const Http2Fields crumbs{{"cookie", "a=b"}, {"cookie", cookie}, {"cookie", "c=d"}};
    CHECK(other.fetch(request_fields("/name", crumbs)).body == first.body);
    const std::string head = other.fetch(request_fields("/head", crumbs)).body;
    CHECK(has(head, "ookie: a=b; "));
    CHECK(has(head, "c=d"));
  }
}
