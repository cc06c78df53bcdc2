#include "lb/health/probe_history.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace std::chrono_literals;
using weir::health::Phase;
using weir::health::ProbeHistory;
using weir::health::ProbeResult;
using weir::health::ReasonCode;

namespace {

ProbeResult numbered(std::uint16_t number) {
  ProbeResult result;
  result.status = number;
  return result;
}

std::vector<std::uint16_t> statuses(const ProbeHistory& history) {
  std::vector<std::uint16_t> numbers;
  for (const ProbeResult& result : history) numbers.push_back(result.status);
  return numbers;
}

}  // namespace

TEST_CASE("a history gives results back as they were, the newest last") {
  ProbeHistory history;
  CHECK(history.empty());
  ProbeResult failed;
  failed.phase = Phase::status;
  failed.reason = ReasonCode::response_code_mismatch;
  failed.status = 503;
  failed.took = 12ms;
  failed.at = weir::base::WallTime(1s);
  failed.detail = "status 503 is not in 200-399";
  failed.body_start = "<html>";
  history.add(numbered(200));
  history.add(failed);
  CHECK(statuses(history) == std::vector<std::uint16_t>{200, 503});
  const ProbeResult newest = history.newest();
  CHECK(newest.phase == failed.phase);
  CHECK(newest.reason == failed.reason);
  CHECK(newest.took == failed.took);
  CHECK(newest.at == failed.at);
  CHECK(newest.detail == failed.detail);
  CHECK(newest.body_start == failed.body_start);
}

TEST_CASE("a history keeps the last twenty") {
  ProbeHistory history;
  std::vector<std::uint16_t> expected;
  for (std::uint16_t i = 0; i < 75; ++i) {
    history.add(numbered(i));
    expected.push_back(i);
    if (expected.size() > ProbeHistory::kMost) expected.erase(expected.begin());
    REQUIRE(statuses(history) == expected);
    REQUIRE(history.newest().status == i);
  }
}

TEST_CASE("a history bounds the texts") {
  ProbeHistory history;
  ProbeResult result;
  result.detail = std::string(5000, 'd');
  result.body_start = std::string(5000, 'b');
  history.add(result);
  CHECK(history.newest().detail == std::string(ProbeHistory::kTextBytes, 'd'));
  CHECK(history.newest().body_start == std::string(ProbeHistory::kTextBytes, 'b'));
}

TEST_CASE("texts that results in a row share are each result's own to the reader") {
  ProbeHistory history;
  for (const char* text : {"a", "a", "", "a", "b", "b"}) {
    ProbeResult result;
    result.detail = text;
    history.add(result);
  }
  std::string texts;
  for (const ProbeResult& result : history) texts += "[" + result.detail + "]";
  CHECK(texts == "[a][a][][a][b][b]");
  const ProbeHistory copy = history;
  history.add(numbered(1));
  CHECK(copy.size() == 6);
}
