// What is traced of an exchange, and what the target is told of it.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/integration/proxy/messages.h"
#include "tests/support/proxy.h"

namespace weir::test {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kParent = "00f067aa0ba902b7";

using observe::Span;
using Text = Span::Text;

std::string get_with(const std::string& fields = {}) {
  return "GET /a?b=c HTTP/1.1\r\nHost: a.example\r\nUser-Agent: test\r\n" + fields + "\r\n";
}

std::string traceparent(const std::string& flags) {
  return "traceparent: 00-" + kTrace + "-" + kParent + "-" + flags + "\r\n";
}

template <std::size_t Size>
std::string text_of(const std::array<char, Size>& digits) {
  return {digits.data(), digits.size()};
}

// The spans of a proxy.
class Traces {
 public:
  explicit Traces(Proxy& proxy, double percent = 100) : proxy_(proxy) {
    proxy.start();
    proxy.engine().spans.use(std::make_shared<const observe::TraceSettings>(
        observe::TraceSettings{observe::TraceSampling(percent), observe::Redaction(), queue_}));
  }

  // Those that are finished since the last call.
  std::vector<Span> take() {
    proxy_.settle();
    proxy_.engine().spans.flush();
    return queue_->take();
  }

 private:
  Proxy& proxy_;
  std::shared_ptr<observe::SpanQueue> queue_ = std::make_shared<observe::SpanQueue>();
};

// A request and an empty answer: what the target was sent.
Message traced(Proxy& proxy, const std::string& request, std::string_view answer = kEmpty) {
  auto client = proxy.connect();
  client->send(request);
  std::unique_ptr<Peer> target;
  proxy.await_request(target);
  Message sent = target->read();
  target->send(answer);
  client->read();
  client->close();
  target->close();
  proxy.settle();
  return sent;
}

}  // namespace

TEST_CASE("the target's parent is the span of weir, which tells what became of the request") {
  Proxy proxy;
  Traces traces(proxy);
  auto client = proxy.connect();
  client->send(get_with(traceparent("01") + "tracestate: v=1\r\n"));
  auto target = proxy.accept();
  const Message sent = target->read();
  proxy.advance(milliseconds(20));
  target->send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  proxy.advance(milliseconds(30));
  target->send("hello");
  client->read();
  const std::vector<Span> spans = traces.take();
  REQUIRE(spans.size() == 1);
  const Span& span = spans[0];
  CHECK(sent.field("traceparent") == "00-" + kTrace + "-" + text_of(span.id) + "-01");
  CHECK(sent.field("tracestate") == "v=1");
  CHECK(text_of(span.trace) == kTrace);
  REQUIRE(span.parent.has_value());
  CHECK(text_of(*span.parent) == kParent);
  CHECK(text_of(span.id) != kParent);
  CHECK(span.text(Text::method) == "GET");
  CHECK(span.text(Text::path) == "/a");
  CHECK(span.text(Text::query) == "b=c");
  CHECK(span.text(Text::authority) == "a.example");
  CHECK(span.text(Text::client) == "127.0.0.1");
  CHECK(span.text(Text::peer) == "127.0.0.1");
  CHECK(span.text(Text::listener) == "web");
  CHECK(span.text(Text::target_group) == "app");
  CHECK(span.text(Text::target) == proxy.target().address().to_string());
  CHECK(span.text(Text::user_agent) == "test");
  CHECK(span.text(Text::request_id) == sent.field("x-request-id"));
  CHECK(span.text(Text::request_id) != kTrace);  // a trace has many requests
  CHECK(span.status == 200);
  CHECK(span.target_status == 200);
  CHECK_FALSE(span.failed);
  CHECK(span.ended - span.began == milliseconds(50));
  const auto stages = stages_of(span);
  REQUIRE(stages.size() == 2);
  CHECK(stages[0].name == "first byte");
  CHECK(stages[0].ended - stages[0].began == milliseconds(20));
  CHECK(stages[1].name == "body");
  CHECK(stages[1].ended - stages[1].began == milliseconds(30));
  CHECK(stages[1].ended == span.ended);
}

TEST_CASE("who decides whether a trace is sampled") {
  struct Row {
    bool trusted;
    std::string fields;
    double percent;
    bool sampled;
    bool continued;
  };
  const Row rows[] = {
      {false, "", 100, true, false},
      {false, "", 0, false, false},
      {false, traceparent("01"), 0, false, true},
      {false, traceparent("00"), 100, true, true},
      {true, traceparent("01"), 0, true, true},
      {true, traceparent("00"), 100, false, true},
      {true, "", 100, true, false},
      {true, "traceparent: 00-bad\r\n", 0, false, false},
      {true, traceparent("01") + traceparent("01"), 0, false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.trusted);
    CAPTURE(row.fields);
    CAPTURE(row.percent);
    Proxy proxy;
    if (row.trusted) proxy.listener_settings().forwarded.trust = {base::Cidr::parse("127.0.0.0/8").value()};
    Traces traces(proxy, row.percent);
    const std::string sent = traced(proxy, get_with(row.fields)).field("traceparent");
    CHECK(sent.size() == 55);
    CHECK(sent.ends_with(row.sampled ? "-01" : "-00"));
    CHECK((sent.substr(3, 32) == kTrace) == row.continued);
    CHECK(sent.substr(36, 16) != kParent);
    const std::vector<Span> spans = traces.take();
    REQUIRE(spans.size() == (row.sampled ? 1 : 0));
    if (row.sampled) CHECK(spans[0].parent.has_value() == row.continued);
  }
}

TEST_CASE("without tracing a trace goes on as it came, and what begins here is flagged as sampled") {
  Proxy proxy;
  CHECK(traced(proxy, get_with(traceparent("00"))).field("traceparent") ==
        "00-" + kTrace + "-" + kParent + "-00");
  CHECK(traced(proxy, get_with()).field("traceparent").ends_with("-01"));
}

TEST_CASE("a listener that leaves traceparent alone has no spans") {
  Proxy proxy;
  proxy.listener_settings().traceparent = false;
  Traces traces(proxy);
  CHECK(traced(proxy, get_with(traceparent("00"))).field("traceparent") ==
        "00-" + kTrace + "-" + kParent + "-00");
  CHECK(traces.take().empty());
}

TEST_CASE("an attempt that failed is a part of the span") {
  Proxy proxy({.targets = 2});
  Traces traces(proxy);
  proxy.target(0).refuse();
  for (int i = 0; i < 2; ++i) traced(proxy, get_with());
  std::size_t tries = 0;
  for (const Span& span : traces.take()) {
    CHECK(span.text(Text::target) == proxy.target(1).address().to_string());
    for (const observe::FailedTry& one : span.failed_tries) {
      ++tries;
      CHECK(one.target == proxy.target(0).address().to_string());
      CHECK(one.reason == "connect_refused");
      CHECK(span.attempts == 2);
    }
  }
  CHECK(tries >= 1);
}

TEST_CASE(
    "what weir answers itself is traced with its reason, and is an error if it is no fault of the client") {
  Proxy proxy;
  Traces traces(proxy);
  proxy.target().refuse();
  auto client = proxy.connect();
  client->send(get_with());
  CHECK(client->read().status() == 502);
  client->send("GET /bad HTTP/1.1\r\nHost: a\r\nX y: z\r\n\r\n");
  CHECK(client->read().status() == 400);
  const std::vector<Span> spans = traces.take();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].text(Text::reason) == "connect_refused");
  CHECK(spans[0].failed);
  CHECK_FALSE(spans[1].text(Text::reason).empty());
  CHECK_FALSE(spans[1].failed);
}

TEST_CASE("a call of gRPC fails by its status, though that of HTTP is 200") {
  for (const unsigned status : {13U, 5U}) {
    CAPTURE(status);
    Proxy proxy;
    Traces traces(proxy);
    auto client = proxy.connect();
    client->send(
        "POST /shop.Cart/Add HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n"
        "TE: trailers\r\n" +
        traceparent("01") + "\r\n");
    auto target = proxy.accept();
    target->read();
    target->send(fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nGrpc-Status: {}\r\nContent-Length: 0\r\n\r\n",
        status));
    client->read();
    const std::vector<Span> spans = traces.take();
    REQUIRE(spans.size() == 1);
    CHECK(spans[0].status == 200);
    CHECK(spans[0].grpc_status == status);
    CHECK(spans[0].failed == (status == 13));
  }
}

TEST_CASE("tracing may be switched off, and on, in the middle of an exchange") {
  Proxy proxy;
  Traces traces(proxy);
  auto client = proxy.connect();
  client->send(get_with());
  auto target = proxy.accept();
  target->read();
  proxy.engine().spans.use(nullptr);
  target->send(kEmpty);
  CHECK(client->read().status() == 200);
  CHECK(traces.take().empty());
  client->send(get_with());
  proxy.await_request(target);
  target->read();
  Traces again(proxy);
  target->send(kEmpty);
  CHECK(client->read().status() == 200);
  CHECK(again.take().empty());
  target->close();
  proxy.settle();
  traced(proxy, get_with());
  CHECK(again.take().size() == 1);
}

}  // namespace weir::test
