#include "bench/backend/plan.h"

#include <doctest/doctest.h>

namespace weir::bench {
namespace {

using std::chrono::milliseconds;
using Kind = Plan::Kind;

Plan plan_of(std::string_view target, const AnswerOptions& options = {}) {
  base::Random random(1);
  return plan_for(target, options, random);
}

}  // namespace

TEST_CASE("paths override what is configured") {
  AnswerOptions options;
  options.body = 10;
  options.status = 201;
  options.delay = *DelayModel::parse("1ms");
  struct Row {
    std::string_view target;
    std::uint16_t status;
    std::uint64_t body;
    base::Duration delay;
  };
  const Row rows[] = {
      {"/", 201, 10, milliseconds(1)},
      {"*", 201, 10, milliseconds(1)},
      {"/bytes", 201, 10, milliseconds(1)},
      {"/bytes/0", 201, 0, milliseconds(1)},
      {"/bytes/64KiB", 201, 65536, milliseconds(1)},
      {"/bytes/5?query=/bytes/6", 201, 5, milliseconds(1)},
      {"/bytes/1GiB", 201, kMostBody, milliseconds(1)},
      {"/delay/20ms", 201, 10, milliseconds(20)},
      {"/delay/0", 201, 10, milliseconds(0)},
      {"/status/404", 404, 10, milliseconds(1)},
      {"/die", 201, 10, milliseconds(1)},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    const Plan plan = plan_of(row.target, options);
    CHECK(plan.kind == Kind::answer);
    CHECK(plan.status == row.status);
    CHECK(plan.body == row.body);
    CHECK(plan.delay == row.delay);
    CHECK(plan.complaint.empty());
  }
}

TEST_CASE("a path that is wrong is told so") {
  for (const std::string_view target :
       {"/bytes/", "/bytes/x", "/bytes/2GiB", "/delay/5", "/status/99", "/status/101", "/status/1000"}) {
    CAPTURE(target);
    const Plan plan = plan_of(target);
    CHECK(plan.status == 400);
    CHECK(!plan.complaint.empty());
  }
}

TEST_CASE("only where it is allowed does a request end the backend") {
  AnswerOptions options;
  options.allow_die = true;
  CHECK(plan_of("/die", options).kind == Kind::die);
  CHECK(plan_of("/die").kind == Kind::answer);
}

TEST_CASE("the share of errors is what was asked for, and they are of the kind asked for") {
  struct Row {
    ErrorKind kind;
    Kind plan;
    std::uint16_t status;
  };
  for (const Row& row : {Row{ErrorKind::status, Kind::answer, 500}, Row{ErrorKind::reset, Kind::reset, 200},
                         Row{ErrorKind::close, Kind::close, 200}}) {
    AnswerOptions options;
    options.error_rate = 0.1;
    options.error_status = 500;
    options.error_kind = row.kind;
    base::Random random(1);
    int errors = 0;
    for (int i = 0; i < 10'000; ++i) {
      const Plan plan = plan_for("/", options, random);
      if (plan.kind == Kind::answer && plan.status == 200) continue;
      ++errors;
      CHECK(plan.kind == row.plan);
      CHECK(plan.status == row.status);
    }
    CHECK(errors > 900);
    CHECK(errors < 1100);
  }
  AnswerOptions always;
  always.error_rate = 1;
  CHECK(plan_of("/status/200", always).status == 503);
}

TEST_CASE("headers of the answer are taken, but for those that frame it") {
  http::FieldList fields;
  CHECK(add_field("Server: x", fields));
  CHECK(add_field("X-Empty:", fields));
  CHECK(add_field("Set-Cookie:  a=b; Path=/ ", fields));
  CHECK(fields.lines() == "Server: x\r\nX-Empty: \r\nSet-Cookie: a=b; Path=/\r\n");
  for (const std::string_view text :
       {"no colon", ": no name", "bad name: x", "A: b\r\nC: d", "Content-Length: 5",
        "transfer-encoding: chunked", "Connection: close", ""}) {
    CAPTURE(text);
    CHECK(!add_field(text, fields));
  }
  CHECK(add_field("Content-Length: 5", fields).error() == "Content-Length is written by weir-bench itself");
  CHECK(add_field("Date: now", fields).error() == "Date is written by the backend itself");
}

}  // namespace weir::bench
