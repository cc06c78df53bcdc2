#include "lb/health/grpc_judge.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "lb/health/probe_history.h"

using namespace std::string_literals;

namespace weir::health {
namespace {

const std::string kServing = "\0\0\0\0\x02\x08\x01"s;
const std::string kNotServing = "\0\0\0\0\x02\x08\x02"s;
const std::vector<model::StatusRange> kAlb = model::Expect().grpc;

GrpcAnswer ending(std::string_view status, std::string_view message = {}) {
  return {
      .http_status = 200, .content_type = "application/grpc", .grpc_status = status, .grpc_message = message};
}

GrpcAnswer saying(std::string_view content) {
  GrpcAnswer answer = ending("0");
  answer.content = content;
  return answer;
}

}  // namespace

TEST_CASE("a call has to end with one of the codes") {
  struct Row {
    std::vector<model::StatusRange> codes;
    std::string_view status;
    std::string_view message;
    std::string_view detail;  // empty: it passes
  };
  const Row rows[] = {
      {kAlb, "12", "", ""},
      {kAlb, "12", "unknown service AWS.ALB", ""},
      {kAlb, "0", "", "grpc-status 0 (OK) is not in 12"},
      {kAlb, "14", "no database", R"(grpc-status 14 (UNAVAILABLE) is not in 12: "no database")"},
      {kAlb, "14", "a%0Ab%22", R"(grpc-status 14 (UNAVAILABLE) is not in 12: "a\nb\"")"},
      {{{0, 99}}, "0", "", ""},
      {{{0, 99}}, "99", "", ""},
      {{{0, 99}}, "100", "", "grpc-status 100 (UNRECOGNIZED) is not in 0-99"},
      {{{0, 0}, {5, 7}}, "6", "", ""},
      {{{0, 0}, {5, 7}}, "8", "", "grpc-status 8 (RESOURCE_EXHAUSTED) is not in 0, 5-7"},
      {{}, "0", "", "grpc-status 0 (OK) is not in "},
  };
  for (const Row& row : rows) {
    CAPTURE(row.status);
    const Verdict verdict = judge_grpc_status(ending(row.status, row.message), row.codes);
    CHECK(verdict.detail == row.detail);
    CHECK(verdict.phase == (row.detail.empty() ? Phase::passed : Phase::status));
    CHECK(verdict.reason == (row.detail.empty() ? ReasonCode::none : ReasonCode::response_code_mismatch));
  }
}

TEST_CASE("what is no answer to a call fails either check, whatever its code") {
  struct Row {
    GrpcAnswer answer;
    Phase phase;
    ReasonCode reason;
    std::string_view detail;
  };
  const auto mismatch = ReasonCode::response_code_mismatch;
  const auto failed = ReasonCode::failed_checks;
  const std::string_view type = "application/grpc";
  const Row rows[] = {
      {{}, Phase::status, mismatch, "status 0 is not 200"},
      {{404, type, "0", "", kServing}, Phase::status, mismatch, "status 404 is not 200"},
      {{503, "text/html", "12"}, Phase::status, mismatch, "status 503 is not 200"},
      {{200, "text/html", "0", "", kServing},
       Phase::header,
       failed,
       R"(content-type is "text/html", not application/grpc)"},
      {{200, "", "12"}, Phase::header, failed, R"(content-type is "", not application/grpc)"},
      {{200, "\x01\"", "12"}, Phase::header, failed, R"(content-type is "\x01\"", not application/grpc)"},
      {{200, type, {}, "", kServing}, Phase::header, failed, "grpc-status is absent"},
      {{200, type, ""}, Phase::header, failed, R"(grpc-status is "", not a number)"},
      {{200, type, "OK\n"}, Phase::header, failed, R"(grpc-status is "OK\n", not a number)"},
  };
  const std::vector<model::StatusRange> any{{0, model::HealthCheck::kMostGrpcCode}};
  for (const Row& row : rows) {
    CAPTURE(row.detail);
    const Verdict verdict{row.phase, row.reason, std::string(row.detail)};
    CHECK(judge_grpc_status(row.answer, any) == verdict);
    CHECK(judge_grpc_health(row.answer) == verdict);
  }
}

TEST_CASE("a service is healthy when it says SERVING") {
  CHECK(judge_grpc_health(saying(kServing)) == Verdict{});
  const auto fails_with = [](std::string_view content, std::string_view detail) {
    const Verdict verdict = judge_grpc_health(saying(content));
    CHECK(verdict.phase == Phase::body);
    CHECK(verdict.reason == ReasonCode::failed_checks);
    CHECK(verdict.detail == detail);
  };
  fails_with(kNotServing, "the service is NOT_SERVING, not SERVING");
  fails_with("\0\0\0\0\0"s, "the service is UNKNOWN, not SERVING");
  fails_with("\0\0\0\0\x02\x08\x09"s, "the service is UNRECOGNIZED, not SERVING");
  fails_with("", "the answer is no HealthCheckResponse: incomplete");
  fails_with(kServing + kServing, "the answer is no HealthCheckResponse: surplus");
  fails_with("\0\0\0\0\x01\x08"s, "the answer is no HealthCheckResponse: malformed");
}

TEST_CASE("a service is not healthy when the call fails, whatever it says") {
  GrpcAnswer answer = ending("5", "no such service");
  answer.content = kServing;
  const Verdict verdict = judge_grpc_health(answer);
  CHECK(verdict.phase == Phase::status);
  CHECK(verdict.reason == ReasonCode::response_code_mismatch);
  CHECK(verdict.detail == R"(grpc-status 5 (NOT_FOUND) is not 0: "no such service")");
  CHECK(judge_grpc_health(ending("12")).detail == "grpc-status 12 (UNIMPLEMENTED) is not 0");
}

TEST_CASE("the detail of a call is bounded, whatever the answer and the codes say") {
  const std::string message(10'000, '\xff');
  const std::vector<model::StatusRange> codes(100, model::StatusRange{1, 2});
  CHECK(judge_grpc_status(ending("14", message), codes).detail.size() <= ProbeHistory::kTextBytes);
  CHECK(judge_grpc_health(ending("14", message)).detail.size() <= ProbeHistory::kTextBytes);
  GrpcAnswer answer = ending(message);
  CHECK(judge_grpc_health(answer).detail.size() <= ProbeHistory::kTextBytes);
  answer.content_type = message;
  CHECK(judge_grpc_health(answer).detail.size() <= ProbeHistory::kTextBytes);
}

}  // namespace weir::health
