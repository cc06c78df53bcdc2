// WebSockets over HTTP/2 (RFC 8441) to servers that speak HTTP/1.1.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

#include "tests/e2e/http2_scene.h"
#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;
namespace http = weir::http;

namespace {

using http::H2Error;

// A real server of WebSockets.
class WebSocketServer {
 public:
  WebSocketServer() {
    REQUIRE(eventually([&] { return !lines_of(process_.out()).empty() || !process_.running(); }));
    REQUIRE_MESSAGE(process_.running(), process_.err());
  }
  std::string address() const { return lines_of(process_.out())[0]; }

 private:
  Process process_{{.arguments = {kPython, "-u", source("tests/e2e/websocket_peer.py"), "serve"}}};
};

Http2Fields connect_fields(const std::string& protocol = "websocket") {
  return {{":method", "CONNECT"},     {":protocol", protocol},  {":scheme", "http"},
          {":path", "/chat"},         {":authority", "a.test"}, {"sec-websocket-version", "13"},
          {"origin", "http://a.test"}};
}

// A masked text frame, and how it comes back.
const std::string kHello("\x81\x82\0\0\0\0hi", 8);
const std::string kEcho("\x81\x02hi", 4);
const std::string kClose("\x88\x80\0\0\0\0", 6);

}  // namespace

TEST_CASE("a client of python3-h2 talks over TLS to a real WebSocket server") {
  const WebSocketServer server;
  const Certificates certificates;
  certificates.issue("site");
  Daemon weir(https_to(server.address(), certificates_of(certificates.item("site"))));
  const Finished client = run({kPython, source("tests/e2e/http2_websocket_client.py"), weir.address(),
                               certificates.path("root.pem")});
  INFO(client.err);
  CHECK(client.code == 0);
  CHECK(client.out == "text ok\nbinary ok\nping ok\nboth ways at once ok\nclose ok\n");

  const std::vector<Json> lines = weir.access_log(1);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]["type"] == "wss");
  CHECK(lines[0]["protocol"] == "HTTP/2.0");
  CHECK(lines[0]["status"].get<int>() / 100 <= 2);
  CHECK(eventually([&] { return weir.status()["listeners"][0]["websockets"] == 0; }));
}

TEST_CASE("tunnels and requests share a connection, and each ends alone") {
  const WebSocketServer server;
  Daemon weir(http2_to(server.address()));
  Http2Client client(weir.address());
  REQUIRE(client.settle());
  CHECK(client.setting(8) == 1);  // SETTINGS_ENABLE_CONNECT_PROTOCOL
  const std::uint32_t first = client.begin(connect_fields(), false);
  const std::uint32_t second = client.begin(connect_fields(), false);
  for (const std::uint32_t stream : {first, second}) {
    REQUIRE(client.until([&] { return client.so_far(stream).status != 0; }));
    CHECK(client.so_far(stream).status == 200);
    for (const char* const name : {"upgrade", "connection", "sec-websocket-accept"}) {
      CHECK(client.so_far(stream).field(name) == "");
    }
    client.send(stream, kHello, false);
    CHECK(client.until([&] { return client.so_far(stream).body == kEcho; }));
  }
  CHECK(client.fetch(request_fields("/")).status == 426);  // the server wants a WebSocket

  client.send(first, kClose, false);
  REQUIRE(client.until([&] { return client.so_far(first).whole; }));
  CHECK(client.so_far(first).body.substr(kEcho.size()).starts_with("\x88"));
  client.send(first, "", true);
  client.send(second, kHello, false);
  CHECK(client.until([&] { return client.so_far(second).body == kEcho + kEcho; }));
  CHECK(weir.status()["listeners"][0]["websockets"] >= 1);
  client.frames().rst_stream(second, H2Error::cancel);
  CHECK(eventually([&] { return weir.status()["listeners"][0]["websockets"] == 0; }));
  CHECK(client.goaways().empty());
}

TEST_CASE("a protocol that the listener's upgrade does not list is refused, and no target hears of it") {
  const Backend backend;
  std::string settings, protocol = "websocket";
  SUBCASE("nothing is listed") { settings = "    upgrade: []\n"; }
  SUBCASE("another protocol") { protocol = "connect-udp"; }
  Daemon weir(http2_to(backend.address(), settings));
  Http2Client client(weir.address());
  REQUIRE(client.settle());
  CHECK(client.setting(8) == (settings.empty() ? 1 : 0));
  const Http2Answer got = client.answer(client.begin(connect_fields(protocol), false));
  if (settings.empty()) {
    CHECK(got.status == 405);
  } else {
    CHECK(got.reset == H2Error::protocol_error);
  }
  CHECK(client.fetch(request_fields("/name")).body == "backend");
  CHECK(client.goaways().empty());
  CHECK(backend.requests() == 1);
}

TEST_CASE("what is no tunnel does not look to the client as if it were one") {
  const Backend backend;  // answers 200
  Daemon weir(
      http2_to(backend.address(), "    rules: [ { match: { path: /own }, respond: { body: hello } } ]\n"));
  Http2Client client(weir.address());
  REQUIRE(client.settle());
  Http2Fields fields = connect_fields();
  CHECK(client.answer(client.begin(fields, false)).status == 502);
  std::ranges::find(fields, ":path", &Http2Fields::value_type::first)->second = "/own";
  CHECK(client.answer(client.begin(fields, false)).status == 405);
  CHECK(client.fetch(request_fields("/name")).body == "backend");
  CHECK(weir.status()["listeners"][0]["websockets"] == 0);
}

TEST_CASE("a WebSocket over HTTP/2 is let end while weir stops") {
  const WebSocketServer server;
  Daemon weir("process: { shutdown_grace: 20s }\n" + http2_to(server.address()));
  Http2Client client(weir.address());
  const std::uint32_t stream = client.begin(connect_fields(), false);
  REQUIRE(client.until([&] { return client.so_far(stream).status == 200; }));
  weir.process().signal(SIGTERM);
  REQUIRE(client.until([&] { return client.goaways().size() == 2; }));
  client.send(stream, kHello, false);
  CHECK(client.until([&] { return client.so_far(stream).body == kEcho; }));
  client.send(stream, kClose, true);
  CHECK(client.answer(stream).whole);
  CHECK(client.closes());
  client.leave();
  CHECK(weir.process().wait() == 0);
}
