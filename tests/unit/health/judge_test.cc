#include "lb/health/judge.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using weir::health::AnswerField;
using weir::health::judge_body;
using weir::health::judge_head;
using weir::health::needs_body;
using weir::health::Phase;
using weir::health::ReasonCode;
using weir::health::Verdict;
using weir::model::HealthCheck;
using weir::model::Pattern;
using weir::model::StatusRange;

namespace {

HealthCheck expecting_header(std::string name, std::string_view pattern) {
  HealthCheck check;
  check.expect.headers.emplace_back(std::move(name), Pattern::parse(pattern).value());
  return check;
}

HealthCheck expecting_body(std::string_view pattern) {
  HealthCheck check;
  check.expect.body = Pattern::parse_part(pattern).value();
  return check;
}

}  // namespace

TEST_CASE("a status passes if one of the ranges has it") {
  struct Row {
    std::vector<StatusRange> ranges;
    std::uint16_t status;
    std::string_view detail;  // empty: it passes
  };
  const Row rows[] = {
      {{{200, 399}}, 200, ""},
      {{{200, 399}}, 399, ""},
      {{{200, 399}}, 199, "status 199 is not in 200-399"},
      {{{200, 399}}, 400, "status 400 is not in 200-399"},
      {{{200, 399}}, 503, "status 503 is not in 200-399"},
      {{{200, 200}}, 204, "status 204 is not in 200"},
      {{{200, 204}, {404, 404}}, 404, ""},
      {{{200, 204}, {404, 404}}, 403, "status 403 is not in 200-204, 404"},
      {{{101, 101}}, 101, ""},
      {{}, 200, "status 200 is not in "},
  };
  for (const Row& row : rows) {
    CAPTURE(row.status);
    HealthCheck check;
    check.expect.status = row.ranges;
    const auto verdict = judge_head(check, row.status, {});
    REQUIRE(verdict);
    CHECK(verdict->detail == row.detail);
    CHECK(verdict->phase == (row.detail.empty() ? Phase::passed : Phase::status));
    CHECK(verdict->reason == (row.detail.empty() ? ReasonCode::none : ReasonCode::response_code_mismatch));
  }
}

TEST_CASE("an expected header has to be there with a value that fits") {
  struct Row {
    std::string name, pattern;
    std::vector<AnswerField> fields;
    std::string_view detail;  // empty: it passes
  };
  const Row rows[] = {
      {"x-ready", "yes", {{"X-Ready", "yes"}}, ""},
      {"x-ready", "yes", {}, "header x-ready is absent"},
      {"x-ready", "yes", {{"x-readyy", "yes"}}, "header x-ready is absent"},
      {"x-ready", "yes", {{"x-ready", "no"}}, R"(header x-ready is "no", which does not match "yes")"},
      {"x-ready", "yes", {{"x-ready", "no"}, {"X-READY", "yes"}}, ""},
      {"x-ready",
       "yes",
       {{"x-ready", "1"}, {"x-ready", "2"}},
       R"(header x-ready is "1", which does not match "yes")"},
      {"server", "nginx*", {{"Server", "nginx/1.26"}}, ""},
      {"server", "~^nginx", {{"Server", "h2o"}}, R"(header server is "h2o", which does not match "~^nginx")"},
      {"x", "y", {{"x", "\x01\""}}, R"(header x is "\x01\"", which does not match "y")"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.detail);
    const auto verdict = judge_head(expecting_header(row.name, row.pattern), 200, row.fields);
    REQUIRE(verdict);
    CHECK(verdict->detail == row.detail);
    CHECK(verdict->phase == (row.detail.empty() ? Phase::passed : Phase::header));
    CHECK(verdict->reason == (row.detail.empty() ? ReasonCode::none : ReasonCode::failed_checks));
  }
}

TEST_CASE("the status is judged before the headers, and every header is") {
  HealthCheck check = expecting_header("a", "1");
  check.expect.headers.emplace_back("b", Pattern::parse("2").value());
  CHECK(judge_head(check, 500, {})->phase == Phase::status);
  const std::vector<AnswerField> one{{"a", "1"}};
  CHECK(judge_head(check, 200, one)->detail == "header b is absent");
  const std::vector<AnswerField> both{{"a", "1"}, {"b", "2"}};
  CHECK(judge_head(check, 200, both) == Verdict{});
}

TEST_CASE("only an expectation of the body needs the body, and not if the head has failed") {
  CHECK_FALSE(needs_body(HealthCheck{}));
  CHECK_FALSE(needs_body(expecting_header("a", "1")));
  const HealthCheck check = expecting_body("ready");
  CHECK(needs_body(check));
  CHECK_FALSE(judge_head(check, 200, {}).has_value());
  CHECK(judge_head(check, 500, {})->phase == Phase::status);
}

TEST_CASE("a body passes if the text or the expression is somewhere in it") {
  struct Row {
    std::string_view pattern;
    std::string body;
    std::string_view detail;  // empty: it passes
  };
  const std::string large(HealthCheck::kBodyBytes - 5, '.');
  const Row rows[] = {
      {"ready", "I am ready.", ""},
      {"ready", "", R"(the body does not contain "ready")"},
      {"ready", "Ready", R"(the body does not contain "ready")"},
      {"re*dy", "ready", R"(the body does not contain "re*dy")"},
      {"~re.dy$", "ready", ""},
      {"~re.dy$", "ready?", R"(the body does not match "~re.dy$")"},
      {"ready", large + "ready", ""},
      {"ready", large + "ready and more", ""},
      {"ready", large + ".ready", R"(the first 64 KiB of the body do not contain "ready")"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.detail);
    const Verdict verdict = judge_body(expecting_body(row.pattern), row.body);
    CHECK(verdict.detail == row.detail);
    CHECK(verdict.phase == (row.detail.empty() ? Phase::passed : Phase::body));
    CHECK(verdict.reason == (row.detail.empty() ? ReasonCode::none : ReasonCode::failed_checks));
  }
  CHECK(judge_body(HealthCheck{}, "anything") == Verdict{});
}

TEST_CASE("a detail is bounded, whatever the answer and the expectation say") {
  const std::string name(1000, 'n');
  const std::string value(10'000, '\xff');
  const std::vector<AnswerField> fields{{name, value}};
  const auto verdict = judge_head(expecting_header(name, "~" + std::string(500, 'x')), 200, fields);
  CHECK(verdict->phase == Phase::header);
  CHECK(verdict->detail.size() <= 256);
  HealthCheck check;
  check.expect.status = std::vector<StatusRange>(100, StatusRange{200, 299});
  CHECK(judge_head(check, 500, {})->detail.size() <= 256);
}
