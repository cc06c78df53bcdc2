// Targets that answer checks by grpc wrongly, late or not at all.

#include "tests/integration/probe/grpc_calls.h"

using namespace std::chrono_literals;

namespace weir::test {
namespace {

using http::GrpcServing;
using Play = void (*)(GrpcCall& call);

void begin_answer(GrpcCall& call) {
  call.take();
  call.peer->headers(1, kGrpcHead, false);
}

}  // namespace

TEST_CASE("the evidence says how a call broke") {
  struct Row {
    std::string_view what;
    Play play;
    Phase phase;
    std::string_view detail;
  };
  const Row rows[] = {
      {"closed", [](GrpcCall& call) { call.take(), call.peer->bytes().close(); }, Phase::first_byte,
       "no answer: target_closed"},
      {"reset", [](GrpcCall& call) { call.take(), call.peer->bytes().reset(); }, Phase::first_byte,
       "no answer: target_reset"},
      {"refused", [](GrpcCall& call) { call.take(), call.peer->rst_stream(1, H2Error::refused_stream); },
       Phase::first_byte, "no answer: stream_refused"},
      {"stream reset", [](GrpcCall& call) { call.take(), call.peer->rst_stream(1, H2Error::internal_error); },
       Phase::first_byte, "no answer: target_stream_reset"},
      {"GOAWAY", [](GrpcCall& call) { call.take(), call.peer->goaway(0, H2Error::no_error); },
       Phase::first_byte, "no answer: stream_refused"},
      {"HTTP/1", [](GrpcCall& call) { call.peer->send(answer(400, "what?")); }, Phase::status,
       "the target speaks HTTP/1, not HTTP/2"},
      {"garbage", [](GrpcCall& call) { call.peer->send("SSH-2.0-OpenSSH_9.2\r\n"); }, Phase::status,
       "the answer is not proper HTTP/2: bad_frame"},
      {"no settings", [](GrpcCall& call) { call.peer->ping("12345678"); }, Phase::status,
       "the answer is not proper HTTP/2: bad_preface"},
      {"bad settings", [](GrpcCall& call) { call.peer->settings(http2_setting(2, 2)); }, Phase::status,
       "the answer is not proper HTTP/2: bad_settings"},
      {"no status", [](GrpcCall& call) { call.take(), call.peer->headers(1, {{"x", "y"}}, true); },
       Phase::status, "the answer is not proper HTTP/2: bad_status_line"},
      {"closed behind the head", [](GrpcCall& call) { begin_answer(call), call.peer->bytes().close(); },
       Phase::body, "the call did not end properly: response_truncated"},
      {"reset behind the head",
       [](GrpcCall& call) { begin_answer(call), call.peer->rst_stream(1, H2Error::cancel); }, Phase::body,
       "the call did not end properly: target_stream_reset"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    GrpcCall call;
    row.play(call);
    const ProbeResult result = call.probes.result();
    CHECK(word(result.phase) == word(row.phase));
    CHECK(result.reason == ReasonCode::failed_checks);
    CHECK(result.detail == row.detail);
  }
}

TEST_CASE("behind a call that broke the connection is closed") {
  for (const Play play : {Play([](GrpcCall& call) { call.peer->rst_stream(1, H2Error::internal_error); }),
                          Play([](GrpcCall& call) { call.peer->goaway(0, H2Error::no_error); }),
                          Play([](GrpcCall& call) { call.peer->ping("too short"); })}) {
    GrpcCall call;
    call.take();
    play(call);
    CHECK_FALSE(call.probes.result().passed());
    CHECK(call.peer->bytes().wait_gone());
  }
}

TEST_CASE("a GOAWAY that lets the call end is no failure") {
  GrpcCall call;
  begin_answer(call);
  call.peer->goaway(1, H2Error::no_error);
  call.peer->data(1, health_response(GrpcServing::serving), false);
  call.peer->headers(1, kGrpcOk, true);
  CHECK(call.end().passed());
}

TEST_CASE("a target that refuses, or that is not there, fails in the phase connect") {
  Probes probes;
  Target target = probes.target();
  const auto address = target.address();
  target.refuse();
  probes.add(1, address, grpc());
  ProbeResult result = probes.result();
  CHECK(result.phase == Phase::connect);
  CHECK(result.detail == "Connection refused");
  probes.add(2, base::SocketAddress::unix_path("/nowhere/weir-probe"), grpc());
  probes.advance(8ms);
  result = probes.result();
  CHECK(result.phase == Phase::connect);
  CHECK(result.detail == "No such file or directory");
}

TEST_CASE("the timeout covers the whole call, and the phase says what did not come") {
  struct Row {
    Play play;
    Phase phase;
    std::string_view detail;
  };
  const Row rows[] = {
      {[](GrpcCall&) {}, Phase::first_byte, "no answer within 2000 ms"},
      {[](GrpcCall& call) { call.take(); }, Phase::first_byte, "no answer within 2000 ms"},
      {[](GrpcCall& call) { call.take(), call.peer->headers(1, {{":status", "103"}}, false); }, Phase::status,
       "no complete head within 2000 ms"},
      {[](GrpcCall& call) { begin_answer(call), call.peer->data(1, health_response({}), false); },
       Phase::body, "no end of the call within 2000 ms"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.detail);
    GrpcCall call;
    row.play(call);
    for (int i = 0; i < 5; ++i) call.probes.turn();
    call.probes.advance(1900ms);
    CHECK(call.probes.results.empty());
    call.probes.advance(120ms);
    const ProbeResult result = call.probes.result();
    CHECK(word(result.phase) == word(row.phase));
    CHECK(result.reason == ReasonCode::timeout);
    CHECK(result.detail == row.detail);
    CHECK(call.peer->bytes().wait_gone());
  }
}

TEST_CASE("an answer over its bound is reset at once, whatever would follow") {
  struct Row {
    HealthCheck check;
    std::size_t most;
  };
  for (const Row& row : {Row{grpc(), 4096}, Row{grpc(kAlbPath), 65'536}}) {
    CAPTURE(row.most);
    for (const bool over : {false, true}) {
      GrpcCall call(row.check);
      begin_answer(call);
      for (std::size_t left = row.most + (over ? 1 : 0); left != 0;) {
        const std::size_t some = std::min<std::size_t>(left, 16'384);
        call.peer->data(1, std::string(some, 'x'), false);
        left -= some;
      }
      if (!over) call.peer->headers(1, {{"grpc-status", "12"}}, true);
      if (over) CHECK(call.peer->next(H2FrameType::rst_stream, 1).error() == H2Error::cancel);
      const ProbeResult result = call.end();
      CHECK((result.phase == Phase::body) == over);
      if (over) CHECK(result.detail == "the answer has more than " + std::to_string(row.most) + " bytes");
    }
  }
}

TEST_CASE("of a large page that is not gRPC the status is what counts") {
  GrpcCall call;
  call.take();
  call.peer->headers(1, {{":status", "502"}, {"content-type", "text/html"}}, false);
  call.peer->data(1, std::string(5000, 'x'), false);
  const ProbeResult result = call.end();
  CHECK(result.detail == "status 502 is not 200");
  CHECK(result.body_start == std::string(256, 'x'));
}

TEST_CASE("a check that is removed says nothing more, and its connection goes") {
  GrpcCall call;
  begin_answer(call);
  call.probes.prober.remove(1);
  CHECK(call.peer->bytes().wait_gone());
  call.probes.advance(3s);
  CHECK(call.probes.results.empty());
}

}  // namespace weir::test
