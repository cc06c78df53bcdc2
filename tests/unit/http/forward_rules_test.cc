#include "lb/http/forward_rules.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "lb/http/client_address.h"
#include "lb/http/date.h"
#include "lb/http/parser.h"
#include "lb/http/trace_context.h"

namespace weir::http {
namespace {

RequestHead request(const std::string& fields,
                    const std::string& start = "GET / HTTP/1.1\r\nHost: a.example\r\n") {
  RequestParser parser({});
  CHECK(parser.next(start + fields + "\r\n").kind == Step::Kind::head);
  return std::move(parser.head());
}

ResponseHead response(const std::string& fields, Method method = Method::get,
                      const std::string& start = "HTTP/1.1 200 OK\r\n") {
  ResponseParser parser({});
  parser.expect(method);
  CHECK(parser.next(start + fields + "\r\n").kind == Step::Kind::head);
  return std::move(parser.head());
}

// Writes no fields of its own but Host.
ForwardPolicy plain() {
  return {.mode = ForwardedMode::remove, .request_id = false, .traceparent = false, .amazon_trace_id = false};
}

RequestContext from(std::string_view peer, bool trusted = false) {
  return {.peer_address = peer, .peer_trusted = trusted, .port = "443", .target_authority = "10.0.0.9:80"};
}

std::string forwarded(const RequestHead& head, const ForwardPolicy& policy, const RequestContext& context) {
  OutgoingRequest out;
  build_request(head, policy, context, out);
  return std::string(out.fields.lines());
}

TEST_CASE("fields of one hop do not pass to a target") {
  const std::string host = "Host: a.example\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {"X: y\r\nx: z\r\n", "X: y\r\nx: z\r\n"},
      {"Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n", ""},
      {"Connection: close, X-Hop\r\nX-Hop: 1\r\nX-Other: 2\r\n", "X-Other: 2\r\n"},
      {"x-hop: 1\r\nConnection: a\r\nConnection: X-HOP\r\n", ""},
      {"TE: gzip\r\n", ""},
      {"Upgrade: websocket\r\nConnection: upgrade, http2-settings\r\nHTTP2-Settings: x\r\n", ""},
      {"Proxy-Authorization: x\r\nProxy-Authenticate: y\r\nProxy-Authentication-Info: z\r\n", ""},
      {"Content-Length: 0\r\n", ""},
      {"Trailer: X\r\n", ""},
      {"Trailer: X\r\nTransfer-Encoding: chunked\r\n", "Trailer: X\r\n"},
      {"Content-Length: 5\r\nExpect: 100-Continue\r\n", "Expect: 100-Continue\r\n"},
      {"Expect: 100-continue\r\n", ""},
      {"Authorization: x\r\nCookie: a\r\nCookie: b\r\n", "Authorization: x\r\nCookie: a\r\nCookie: b\r\n"},
  };
  for (const auto& [in, out] : cases) {
    CAPTURE(in);
    CHECK(forwarded(request(in), plain(), from("1.2.3.4")) == host + out);
  }
}

TEST_CASE("Connection cannot strip what matters to a target") {
  const std::string options =
      "Connection: close, Host, X-Forwarded-For, X-Forwarded-Proto, Forwarded, Via, X-Request-Id, "
      "traceparent, "
      "Cookie, Authorization, Content-Type, Content-Length, User-Agent\r\n";
  const std::string fields =
      "Cookie: a\r\nAuthorization: b\r\nContent-Type: c\r\nUser-Agent: d\r\nX-Forwarded-For: 9.9.9.9\r\n";
  const std::string out = forwarded(request(options + fields),
                                    {.request_id = false, .traceparent = false, .amazon_trace_id = false},
                                    from("10.0.0.1", true));
  CHECK(out ==
        "Host: a.example\r\nCookie: a\r\nAuthorization: b\r\nContent-Type: c\r\nUser-Agent: d\r\n"
        "X-Forwarded-For: 9.9.9.9, 10.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: 443\r\n"
        "X-Forwarded-Host: a.example\r\n");
}

TEST_CASE("the start line, the body and the wish for trailers go on") {
  const RequestHead head = request("Transfer-Encoding: chunked\r\nTE: trailers\r\nConnection: TE\r\n",
                                   "POST /a?b HTTP/1.1\r\nHost: a.example\r\n");
  OutgoingRequest out;
  build_request(head, plain(), from("1.2.3.4"), out);
  CHECK(out.method == Method::post);
  CHECK(out.method_text == "POST");
  CHECK(out.target == "/a?b");
  CHECK(out.body == Body{Body::Kind::chunked, 0});
  CHECK(out.accepts_trailers);
  CHECK(out.fields.lines() == "Host: a.example\r\n");
}

TEST_CASE("an upgrade passes only if the caller says so") {
  const RequestHead head = request("Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Key: k\r\n");
  RequestContext context = from("1.2.3.4");
  context.upgrade = true;
  CHECK(forwarded(head, plain(), context) ==
        "Host: a.example\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n");
}

TEST_CASE("Host is the client's or the target's") {
  ForwardPolicy policy = plain();
  CHECK(forwarded(request("", "GET http://b.example:81/ HTTP/1.1\r\nHost: a\r\n"), policy, from("1.2.3.4")) ==
        "Host: b.example:81\r\n");
  CHECK(forwarded(request("", "GET / HTTP/1.0\r\n"), policy, from("1.2.3.4")) == "Host: 10.0.0.9:80\r\n");
  policy.preserve_host = false;
  CHECK(forwarded(request(""), policy, from("1.2.3.4")) == "Host: 10.0.0.9:80\r\n");
}

TEST_CASE("X-Forwarded fields follow the mode and the trust") {
  const std::string incoming =
      "X-Forwarded-For: 9.9.9.9, 8.8.8.8\r\nX-Forwarded-For: 7.7.7.7\r\nX-Forwarded-Proto: https\r\n"
      "X-Forwarded-Host: front.example\r\nForwarded: for=9.9.9.9\r\n";
  const std::string own =
      "X-Forwarded-Proto: http\r\nX-Forwarded-Port: 443\r\nX-Forwarded-Host: a.example\r\n";
  struct Case {
    ForwardedMode mode;
    bool trusted;
    std::string fields;
    std::string out;
  };
  const Case cases[] = {
      {ForwardedMode::append, false, "", "X-Forwarded-For: 1.2.3.4\r\n" + own},
      {ForwardedMode::append, false, incoming, "X-Forwarded-For: 1.2.3.4\r\n" + own},
      {ForwardedMode::append, true, "", "X-Forwarded-For: 1.2.3.4\r\n" + own},
      {ForwardedMode::append, true, incoming,
       "X-Forwarded-Proto: https\r\nX-Forwarded-Host: front.example\r\nForwarded: for=9.9.9.9\r\n"
       "X-Forwarded-For: 9.9.9.9, 8.8.8.8, 7.7.7.7, 1.2.3.4\r\nX-Forwarded-Port: 443\r\n"},
      {ForwardedMode::preserve, false, incoming, own},
      {ForwardedMode::preserve, true, incoming, incoming},
      {ForwardedMode::preserve, true, "", ""},
      {ForwardedMode::remove, false, incoming, ""},
      {ForwardedMode::remove, true, incoming, ""},
  };
  for (const Case& row : cases) {
    CAPTURE(row.fields);
    CAPTURE(row.trusted);
    ForwardPolicy policy = plain();
    policy.mode = row.mode;
    CHECK(forwarded(request(row.fields), policy, from("1.2.3.4", row.trusted)) ==
          "Host: a.example\r\n" + row.out);
  }
}

TEST_CASE("Forwarded is written as RFC 7239 says") {
  ForwardPolicy policy = plain();
  policy.mode = ForwardedMode::append;
  policy.rfc7239 = true;
  const auto field = [&](const RequestHead& head, const RequestContext& context) {
    OutgoingRequest out;
    build_request(head, policy, context, out);
    return std::string(out.fields.find(FieldId::forwarded).value_or("none"));
  };
  CHECK(field(request(""), from("1.2.3.4")) == "for=1.2.3.4;host=a.example;proto=http");
  CHECK(field(request(""), from("::1")) == "for=\"[::1]\";host=a.example;proto=http");
  CHECK(field(request(""), from("")) == "for=unknown;host=a.example;proto=http");
  CHECK(field(request("Forwarded: for=x\r\n"), from("1.2.3.4")) == "for=1.2.3.4;host=a.example;proto=http");
  CHECK(field(request("Forwarded: for=x\r\nForwarded: for=y\r\n"), from("1.2.3.4", true)) ==
        "for=x, for=y, for=1.2.3.4;host=a.example;proto=http");
  CHECK(field(request("", "GET / HTTP/1.1\r\nHost: a.example:8080\r\n"), from("1.2.3.4")) ==
        "for=1.2.3.4;host=\"a.example:8080\";proto=http");
}

TEST_CASE("ids are kept where they may be and made where they are missing") {
  const TraceIds ids({0x0123456789abcdef, 0xfedcba9876543210, 0x1111222233334444}, 0x67891233);
  CHECK(ids.request_id() == "0123456789abcdeffedcba9876543210");
  CHECK(ids.traceparent() == "00-0123456789abcdeffedcba9876543210-1111222233334445-01");
  CHECK(ids.amazon_root() == "Root=1-67891233-89abcdeffedcba9876543210");
  CHECK(ids.amazon_self() == "Self=1-67891233-89abcdeffedcba9876543210");
  ForwardPolicy policy = plain();
  policy.request_id = policy.traceparent = policy.amazon_trace_id = true;
  const auto field = [&](const std::string& fields, FieldId id, bool trusted = false) {
    RequestContext context = from("1.2.3.4", trusted);
    context.ids = ids;
    OutgoingRequest out;
    build_request(request(fields), policy, context, out);
    return std::string(out.fields.find(id).value_or("none"));
  };
  const std::string valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const std::string made(ids.traceparent());
  CHECK(field("", FieldId::x_request_id) == ids.request_id());
  CHECK(field("X-Request-Id: mine\r\n", FieldId::x_request_id) == ids.request_id());
  CHECK(field("X-Request-Id: mine\r\n", FieldId::x_request_id, true) == "mine");
  CHECK(field("X-Request-Id: a b\r\n", FieldId::x_request_id, true) == ids.request_id());
  CHECK(field("", FieldId::traceparent) == made);
  CHECK(field("traceparent: " + valid + "\r\n", FieldId::traceparent) == valid);
  CHECK(field("traceparent: " + valid + "\r\ntracestate: a=b\r\n", FieldId::tracestate) == "a=b");
  CHECK(field("traceparent: x\r\ntracestate: a=b\r\n", FieldId::traceparent) == made);
  CHECK(field("traceparent: x\r\ntracestate: a=b\r\n", FieldId::tracestate) == "none");
  CHECK(field("traceparent: " + valid + "\r\ntraceparent: " + valid + "\r\n", FieldId::traceparent) == made);
  const std::string self = "1-67891233-89abcdeffedcba9876543210";
  const std::pair<std::string, std::string> amazon[] = {
      {"Root=1-a-b;CalledFrom=app", "Self=" + self + ";Root=1-a-b;CalledFrom=app"},
      {"Self=old; Root=1-a-b", "Self=" + self + ";Root=1-a-b"},
      {"CalledFrom=app", "Root=" + self + ";CalledFrom=app"},
      {"Root=", "Root=" + self},
      {"Self=old; Root= ;CalledFrom=app", "Root=" + self + ";CalledFrom=app"},
      {"Root=;Root=1-a-b", "Self=" + self + ";Root=1-a-b"},
      {"Root=1-a-b;X=" + std::string(8000, 'x'), "Root=" + self},
  };
  CHECK(field("", FieldId::x_amzn_trace_id) == "Root=" + self);
  for (const auto& [incoming, sent] : amazon) {
    CAPTURE(incoming);
    CHECK(field("X-Amzn-Trace-Id: " + incoming + "\r\n", FieldId::x_amzn_trace_id) == sent);
  }
  CHECK(forwarded(request("X-Request-Id: a\r\ntraceparent: b\r\nX-Amzn-Trace-Id: c\r\n"), plain(),
                  from("1.2.3.4")) ==
        "Host: a.example\r\nX-Request-Id: a\r\ntraceparent: b\r\nX-Amzn-Trace-Id: c\r\n");
}

TEST_CASE(
    "weir's own span takes the sender's place in the trace, and tracestate goes with a valid parent alone") {
  const std::string valid = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
  const std::string own = "00-4bf92f3577b34da6a3ce929d0e0e4736-1111222233334444-00";
  ForwardPolicy policy = plain();
  policy.traceparent = true;
  RequestContext context = from("1.2.3.4");
  context.traceparent = own;
  struct Row {
    std::string fields;
    std::string tracestate;
  };
  const Row rows[] = {{"", "none"},
                      {"tracestate: a=b\r\n", "none"},
                      {"traceparent: x\r\ntracestate: a=b\r\n", "none"},
                      {valid + valid + "tracestate: a=b\r\n", "none"},
                      {valid + "tracestate: a=b\r\n", "a=b"}};
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    OutgoingRequest out;
    build_request(request(row.fields), policy, context, out);
    CHECK(out.fields.find(FieldId::traceparent).value_or("none") == own);
    CHECK(out.fields.find(FieldId::tracestate).value_or("none") == row.tracestate);
  }
  policy.traceparent = false;
  OutgoingRequest untouched;
  build_request(request(valid), policy, context, untouched);
  CHECK("traceparent: " + std::string(untouched.fields.find(FieldId::traceparent).value_or("")) + "\r\n" ==
        valid);
}

TEST_CASE("traceparent is checked") {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const std::string parent = "00f067aa0ba902b7";
  CHECK(is_traceparent("00-" + trace + "-" + parent + "-00"));
  CHECK(is_traceparent("cc-" + trace + "-" + parent + "-00-more"));
  CHECK_FALSE(is_traceparent("00-" + trace + "-" + parent + "-00-more"));
  CHECK_FALSE(is_traceparent("cc-" + trace + "-" + parent + "-00more"));
  CHECK_FALSE(is_traceparent("ff-" + trace + "-" + parent + "-00"));
  CHECK_FALSE(is_traceparent("00-" + std::string(32, '0') + "-" + parent + "-00"));
  CHECK_FALSE(is_traceparent("00-" + trace + "-" + std::string(16, '0') + "-00"));
  CHECK_FALSE(is_traceparent("00-4BF92f3577b34da6a3ce929d0e0e4736-" + parent + "-00"));
  CHECK_FALSE(is_traceparent("00-" + trace + "-" + parent));
  CHECK_FALSE(is_traceparent(""));
}

TEST_CASE("Via is appended, and a loop is found by the node's own name") {
  ForwardPolicy policy = plain();
  policy.via = "weir-7f3a";
  CHECK(forwarded(request("Via: 1.1 front\r\n"), policy, from("1.2.3.4")) ==
        "Host: a.example\r\nVia: 1.1 front\r\nVia: 1.1 weir-7f3a\r\n");
  CHECK(forwarded(request("", "GET / HTTP/1.0\r\nHost: a\r\n"), policy, from("1.2.3.4")) ==
        "Host: a\r\nVia: 1.0 weir-7f3a\r\n");
  CHECK(find_loop(request("Via: 1.1 front, HTTP/1.1 weir (x)\r\n"), policy) == Problem::none);
  CHECK(find_loop(request("Via: 1.1 front, 1.0 Weir-7F3A (x)\r\n"), policy) == Problem::via_loop);
  CHECK(find_loop(request("Via: 1.1 front\r\nVia: 1.1\tweir-7f3a\r\n"), policy) == Problem::via_loop);
  CHECK(find_loop(request("Via: 1.1 weir-7f3a\r\n"), plain()) == Problem::none);
}

TEST_CASE("more than 30 forwarded addresses are a loop") {
  std::string addresses = "X-Forwarded-For: 1.1.1.1";
  for (int i = 0; i < 28; ++i) addresses += ", 1.1.1.1";
  CHECK(find_loop(request(addresses + "\r\nX-Forwarded-For: 2.2.2.2\r\n"), plain()) == Problem::none);
  CHECK(find_loop(request(addresses + "\r\nX-Forwarded-For: 2.2.2.2, 3.3.3.3\r\n"), plain()) ==
        Problem::too_many_forwarded_addresses);
}

TEST_CASE("the client is the first address from the right that is not trusted") {
  const std::vector<base::Cidr> trust = {*base::Cidr::parse("10.0.0.0/8"), *base::Cidr::parse("fd00::/8")};
  const auto client = [&](std::string_view peer, const std::string& fields) {
    return client_address(*base::IpAddress::parse(peer), request(fields).fields, trust).to_string();
  };
  CHECK(client("1.2.3.4", "") == "1.2.3.4");
  CHECK(client("1.2.3.4", "X-Forwarded-For: 9.9.9.9\r\n") == "1.2.3.4");
  CHECK(client("10.0.0.1", "") == "10.0.0.1");
  CHECK(client("10.0.0.1", "X-Forwarded-For: 9.9.9.9\r\n") == "9.9.9.9");
  CHECK(client("10.0.0.1", "X-Forwarded-For: 8.8.8.8, 9.9.9.9, 10.1.1.1\r\n") == "9.9.9.9");
  CHECK(client("10.0.0.1", "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 10.1.1.1\r\n") == "9.9.9.9");
  CHECK(client("10.0.0.1", "X-Forwarded-For: 10.3.3.3, 10.2.2.2\r\n") == "10.3.3.3");
  CHECK(client("10.0.0.1", "X-Forwarded-For: 9.9.9.9, unknown, 10.2.2.2\r\n") == "10.2.2.2");
  CHECK(client("fd00::1", "X-Forwarded-For: [2001:db8::1]:4711\r\n") == "2001:db8::1");
  CHECK(client("fd00::1", "X-Forwarded-For: 2001:db8::1\r\n") == "2001:db8::1");
  CHECK(client("10.0.0.1", "X-Forwarded-For: 9.9.9.9:1234\r\n") == "9.9.9.9");
  CHECK(client("10.0.0.1", "X-Forwarded-For: ,, 9.9.9.9 ,\r\n") == "9.9.9.9");
}

std::string answered(const ResponseHead& head, const ResponseContext& context) {
  OutgoingResponse out;
  build_response(head, context, out);
  return std::string(out.fields.lines());
}

TEST_CASE("fields of one hop do not pass to a client") {
  const std::pair<std::string, std::string> cases[] = {
      {"Server: s\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n", "Server: s\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"},
      {"Connection: close, X-Hop\r\nKeep-Alive: x\r\nX-Hop: y\r\nProxy-Connection: z\r\n", ""},
      {"Connection: Set-Cookie, Date\r\nSet-Cookie: a\r\nDate: d\r\n", "Set-Cookie: a\r\nDate: d\r\n"},
      {"Content-Length: 5\r\n", ""},
      {"Transfer-Encoding: chunked\r\nTrailer: X\r\n", "Trailer: X\r\n"},
      {"Upgrade: h2c\r\nConnection: upgrade\r\n", ""},
      {"Proxy-Status: x\r\n", "Proxy-Status: x\r\n"},
  };
  for (const auto& [in, out] : cases) {
    CAPTURE(in);
    CHECK(answered(response(in), {}) == out);
  }
  CHECK(answered(response("Upgrade: websocket\r\nConnection: upgrade\r\n", Method::get, "HTTP/1.1 101 X\r\n"),
                 {}) == "Upgrade: websocket\r\n");
}

TEST_CASE("Date is added to a final response that has none") {
  const Date date(784111777);
  CHECK(date.text() == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(Date(0).text() == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(Date(1709164800).text() == "Thu, 29 Feb 2024 00:00:00 GMT");
  CHECK(answered(response("X: y\r\n"), {.date = date.text()}) ==
        "X: y\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  CHECK(answered(response("Date: mine\r\n"), {.date = date.text()}) == "Date: mine\r\n");
  CHECK(answered(response("", Method::get, "HTTP/1.1 103 Early Hints\r\n"), {.date = date.text()}).empty());
  CHECK(answered(response(""), {.via = "weir-1"}) == "Via: 1.1 weir-1\r\n");
}

TEST_CASE("the length of content that is not sent is still told") {
  CHECK(answered(response("Content-Length: 5\r\n", Method::head), {.request_method = Method::head}) ==
        "Content-Length: 5\r\n");
  CHECK(answered(response("Content-Length: 5\r\n", Method::get, "HTTP/1.1 304 Not Modified\r\n"), {}) ==
        "Content-Length: 5\r\n");
  CHECK(answered(response("Content-Length: 5\r\n", Method::head, "HTTP/1.1 204 No Content\r\n"),
                 {.request_method = Method::head})
            .empty());
}

TEST_CASE("trailers that say what only a head may say are dropped") {
  FieldList in;
  for (const char* name : {"Grpc-Status", "Set-Cookie", "Authorization", "Connection", "Content-Type",
                           "X-Forwarded-For", "Server-Timing"}) {
    in.add(name, "x");
  }
  FieldList out;
  build_trailers(in, out);
  CHECK(out.lines() == "Grpc-Status: x\r\nServer-Timing: x\r\n");
}

TEST_CASE("others of the family, and spellings of it, pass only from a trusted peer") {
  const std::string family = "X-Forwarded-Prefix: /a\r\nx_forwarded_for: 1.1.1.1\r\nX_Forwarded-ssl: on\r\n";
  const std::string other = "X-Forwarder: a\r\nX-Forward: b\r\nForwarded-For: c\r\n";
  const RequestHead head = request(family + other);
  ForwardPolicy policy = plain();
  policy.mode = ForwardedMode::preserve;
  CHECK(forwarded(head, policy, from("10.0.0.1", true)).find(family + other) != std::string::npos);
  CHECK(forwarded(head, policy, from("10.0.0.1")).find(family) == std::string::npos);
  CHECK(forwarded(head, policy, from("10.0.0.1")).find("Host: a.example\r\n" + other) == 0);
  CHECK(forwarded(head, plain(), from("10.0.0.1", true)) == "Host: a.example\r\n" + other);
}

TEST_CASE("a Connection with more names than anybody looks at lets none of them pass") {
  std::string names = "X-0";
  for (int i = 1; i < 100; ++i) names += ", X-" + std::to_string(i);
  const RequestHead head = request("Connection: " + names + "\r\nX-99: leak\r\nCookie: a\r\n");
  CHECK(forwarded(head, plain(), from("1.2.3.4")) == "Host: a.example\r\nCookie: a\r\n");
}

}  // namespace
}  // namespace weir::http
