#include "tests/integration/probe/grpc_calls.h"

using namespace std::chrono_literals;

namespace weir::test {
namespace {

using http::GrpcServing;

constexpr GrpcServing kServing = GrpcServing::serving;

// A call that is answered properly, with this content.
ProbeResult answered(const HealthCheck& check, std::string_view content, const Http2Fields& trailers) {
  GrpcCall call(check);
  call.take();
  call.peer->headers(1, kGrpcHead, false);
  if (!content.empty()) call.peer->data(1, content, false);
  call.peer->headers(1, trailers, true);
  return call.end();
}

}  // namespace

TEST_CASE("a server that says SERVING is a pass, and its connection is closed as HTTP/2 wants it") {
  GrpcCall call;
  call.take();
  CHECK(call.head.field(":method") == "POST");
  CHECK(call.head.field(":scheme") == "http");
  CHECK(call.head.field(":path") == "/grpc.health.v1.Health/Check");
  CHECK(call.head.field(":authority") == call.target.address().to_string());
  CHECK(call.head.field("content-type") == "application/grpc");
  CHECK(call.head.field("te") == "trailers");
  CHECK(call.head.field("user-agent") == "weir/health-check");
  CHECK(call.content == std::string(5, '\0'));
  call.probes.clock.advance(15ms);
  call.peer->headers(1, kGrpcHead, false);
  call.peer->data(1, health_response(kServing), false);
  call.peer->headers(1, kGrpcOk, true);
  CHECK(call.peer->next(H2FrameType::goaway).error() == H2Error::no_error);
  CHECK(call.peer->bytes().wait_gone());
  CHECK(call.peer->bytes().ended());
  CHECK_FALSE(call.peer->bytes().broken());
  CHECK(call.probes.results.empty());
  call.peer->bytes().close();
  const ProbeResult result = call.probes.result();
  CHECK(result.passed());
  CHECK(result.reason == ReasonCode::none);
  CHECK(result.status == 200);
  CHECK(result.took == 15ms);
  CHECK(result.at == call.probes.clock.wall() - 15ms);
  CHECK(result.detail.empty());
  CHECK(result.body_start.empty());
}

TEST_CASE("a target that does not close is not waited for longer than a moment") {
  GrpcCall call;
  call.take();
  call.peer->headers(1, kGrpcHead, false);
  call.peer->data(1, health_response(kServing), false);
  call.peer->headers(1, kGrpcOk, true);
  CHECK(call.peer->next(H2FrameType::goaway).is(H2FrameType::goaway));
  call.probes.advance(80ms);
  CHECK(call.probes.results.empty());
  call.probes.advance(40ms);
  const ProbeResult result = call.probes.result();
  CHECK(result.passed());
  CHECK(result.took < 10ms);
}

TEST_CASE("the call is what the check says") {
  HealthCheck check = grpc();
  check.service = "shop.v1.Cart";
  check.host = "app.internal";
  check.headers = {{"Authorization", "Bearer x"}, {"User-Agent", "mine"}};
  GrpcCall call(check);
  call.take();
  CHECK(call.head.field(":authority") == "app.internal");
  CHECK(call.head.field("authorization") == "Bearer x");
  CHECK(call.head.field("user-agent") == "mine");
  CHECK(call.head.field("host").empty());
  CHECK(call.content == std::string("\0\0\0\0\x0e\x0a\x0c", 7) + "shop.v1.Cart");
}

TEST_CASE("a server says how it is in the answer, and how the call went in the trailers") {
  struct Row {
    std::string content;
    Http2Fields trailers;
    Phase phase;
    ReasonCode reason;
    std::string_view detail;
  };
  const std::string serving = health_response(kServing);
  const Row rows[] = {
      {health_response(GrpcServing::not_serving), kGrpcOk, Phase::body, ReasonCode::failed_checks,
       "the service is NOT_SERVING, not SERVING"},
      {health_response(GrpcServing::service_unknown), kGrpcOk, Phase::body, ReasonCode::failed_checks,
       "the service is SERVICE_UNKNOWN, not SERVING"},
      {"", kGrpcOk, Phase::body, ReasonCode::failed_checks,
       "the answer is no HealthCheckResponse: incomplete"},
      {serving + serving, kGrpcOk, Phase::body, ReasonCode::failed_checks,
       "the answer is no HealthCheckResponse: surplus"},
      {serving,
       {{"grpc-status", "14"}, {"grpc-message", "no%0Adatabase"}},
       Phase::status,
       ReasonCode::response_code_mismatch,
       R"(grpc-status 14 (UNAVAILABLE) is not 0: "no\ndatabase")"},
      {serving, {{"x", "y"}}, Phase::header, ReasonCode::failed_checks, "grpc-status is absent"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.detail);
    const ProbeResult result = answered(grpc(), row.content, row.trailers);
    CHECK(word(result.phase) == word(row.phase));
    CHECK(result.reason == row.reason);
    CHECK(result.status == 200);
    CHECK(result.detail == row.detail);
    CHECK(result.body_start.empty());
  }
}

TEST_CASE("with a path any call is made, and its code decides") {
  struct Row {
    HealthCheck check;
    std::string_view code;
    std::string_view detail;  // empty: a pass
  };
  HealthCheck any = grpc(kAlbPath);
  any.expect.grpc = {{0, 99}};
  HealthCheck own = grpc("/shop.v1.Cart/Get");
  own.expect.grpc = {{0, 0}, {5, 5}};
  const Row rows[] = {
      {grpc(kAlbPath), "12", ""},
      {grpc(kAlbPath), "0", "grpc-status 0 (OK) is not in 12"},
      {any, "99", ""},
      {any, "100", "grpc-status 100 (UNRECOGNIZED) is not in 0-99"},
      {own, "5", ""},
      {own, "16", "grpc-status 16 (UNAUTHENTICATED) is not in 0, 5"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.code);
    GrpcCall call(row.check);
    call.take();
    CHECK(call.head.field(":path") == row.check.path);
    CHECK(call.content == std::string(5, '\0'));
    Http2Fields only = kGrpcHead;  // "Trailers-Only"
    only.emplace_back("grpc-status", row.code);
    call.peer->headers(1, only, true);
    const ProbeResult result = call.end();
    CHECK(result.passed() == row.detail.empty());
    CHECK(result.detail == row.detail);
  }
  CHECK(answered(own, "whatever it says", kGrpcOk).passed());
}

TEST_CASE("an answer that is not gRPC fails by its status or type, and its page is evidence") {
  struct Row {
    std::string status;
    Phase phase;
    std::string_view detail;
  };
  for (const Row& row : {Row{"404", Phase::status, "status 404 is not 200"},
                         Row{"200", Phase::header, R"(content-type is "text/html", not application/grpc)"}}) {
    CAPTURE(row.status);
    GrpcCall call;
    call.take();
    call.peer->headers(1, {{":status", row.status}, {"content-type", "text/html"}}, false);
    call.peer->data(1, "<h1>nobody</h1>", true);
    const ProbeResult result = call.end();
    CHECK(result.phase == row.phase);
    CHECK(result.detail == row.detail);
    CHECK(result.body_start == "<h1>nobody</h1>");
  }
}

TEST_CASE("targets on IPv6 are asked like any other") {
  Probes probes;
  Target target = probes.target("[::1]:0");
  probes.add(1, target.address(), grpc());
  auto below = target.accept();
  REQUIRE(below);
  Http2Peer peer(std::move(below));
  REQUIRE(peer.bytes().read_bytes(http::kH2Preface.size()) == http::kH2Preface);
  CHECK(peer.next(H2FrameType::headers, 1).field(":authority") == target.address().to_string());
}

}  // namespace weir::test
