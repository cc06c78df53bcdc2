#include "lb/observe/span.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "tests/unit/observe/access_samples.h"

namespace weir::observe {
namespace {

using namespace std::chrono_literals;

// What became of an exchange that took 100 ms.
AccessRecord record_of(base::Duration connect, base::Duration first_byte, std::string_view reason = {}) {
  AccessRecord record = complete_record();
  record.total = 100ms;
  record.connect = connect;
  record.first_byte = first_byte;
  record.reason = reason;
  return record;
}

// "queue 0-5, body 5-100!": in milliseconds, with a mark on what failed.
std::string stages_text(const Span& span) {
  std::string text;
  const auto since = [&](base::WallTime time) { return (time - span.began) / 1ms; };
  for (const Stage& stage : stages_of(span)) {
    text += fmt::format("{}{} {}-{}{}", text.empty() ? "" : ", ", stage.name, since(stage.began),
                        since(stage.ended), stage.failed ? "!" : "");
  }
  return text;
}

}  // namespace

TEST_CASE("an exchange has its stages one after the other, without those that took no time") {
  struct Row {
    SpanTimes times;
    base::Duration connect;
    base::Duration first_byte;
    const char* reason;
    const char* stages;
  };
  const Row rows[] = {
      {{3ms, 5ms, 1ms},
       10ms,
       20ms,
       "",
       "head 0-3, queue 3-8, connect 8-18, request 18-19, first byte 19-39, body 39-100"},
      {{0ms, 0ms, 0ms}, 10ms, 20ms, "", "connect 0-10, first byte 10-30, body 30-100"},
      {{0ms, 0ms, 0ms}, 0ms, 20ms, "", "first byte 0-20, body 20-100"},
      {{0ms, 0ms, 0ms}, 0ms, 100ms, "", "first byte 0-100"},
      {{0ms, 0ms, 70ms}, 0ms, 0ms, "", "request 0-70, body 70-100"},
      {{0ms, 0ms, 0ms}, 10ms, 20ms, "response_truncated", "connect 0-10, first byte 10-30, body 30-100!"},
      {{0ms, 0ms, 0ms}, 10ms, kNotReached, "response_timeout", "connect 0-10, first byte 10-100!"},
      {{0ms, 0ms, kNotReached}, 10ms, kNotReached, "client_gone", "connect 0-10, request 10-100!"},
      {{0ms, 5ms, kNotReached}, kNotReached, kNotReached, "connect_timeout", "queue 0-5, connect 5-100!"},
      {{3ms, kNotReached, kNotReached}, kNotReached, kNotReached, "queue_timeout", "head 0-3, queue 3-100!"},
  };
  for (const Row& row : rows) {
    SpanFacts facts;
    facts.times = row.times;
    CHECK(stages_text(make_span(record_of(row.connect, row.first_byte, row.reason), facts)) == row.stages);
  }
}

TEST_CASE("attempts that failed stand between the queue and the one that came last") {
  SpanFacts facts;
  facts.times = {0ms, 50ms, 0ms};
  const AccessRecord record = record_of(10ms, 20ms);
  const base::WallTime began = record.time - record.total;
  facts.failed_tries = {{began + 5ms, began + 30ms, "connect_refused", "10.0.0.1:80"},
                        {began + 30ms, began + 50ms, "target_reset", "10.0.0.2:80"}};
  const Span span = make_span(record, facts);
  CHECK(stages_text(span) ==
        "queue 0-5, failed attempt 5-30, failed attempt 30-50, connect 50-60, first byte 60-80, body 80-100");
  CHECK(stages_of(span)[2].failed_try->target == "10.0.0.2:80");
}

TEST_CASE("what weir answers itself has no stages") {
  AccessRecord record = record_of(kNotReached, kNotReached);
  record.target = &no_access_target();
  CHECK(stages_of(make_span(record, {})).empty());
}

TEST_CASE("HTTP/2 has the version that OpenTelemetry gives it") {
  CHECK(make_span(tls_record(), {}).text(Span::Text::protocol_version) == "2");
}

TEST_CASE("a span holds what it tells, and no more of it than is good") {
  std::string path = "/" + std::string(10'000, 'a') + "?q=" + std::string(10'000, 'b');
  Span span;
  {
    std::string listener = "web";
    AccessRecord record = complete_record();
    const AccessClient client("http", listener, "10.9.9.8", 1);
    record.client = &client;
    record.request_target = path;
    SpanFacts facts;
    facts.peer = "10.9.9.9";
    span = make_span(record, facts);
    listener = "xxx";
  }
  using Text = Span::Text;
  CHECK(span.text(Text::listener) == "web");
  CHECK(span.text(Text::path) == path.substr(0, Span::kMostText));
  CHECK(span.text(Text::query) == "q=" + std::string(Span::kMostText - 2, 'b'));
  CHECK(span.text(Text::peer) == "10.9.9.9");
  CHECK(span.text(Text::protocol_version) == "1.1");
  CHECK(span.text(Text::reason).empty());
}

}  // namespace weir::observe
