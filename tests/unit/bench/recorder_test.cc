#include "bench/load/recorder.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace weir;
using bench::Recorder;
using bench::Window;
using wire::Reason;

namespace {

const base::Instant kStart{1h};
const Window kWindow{kStart, kStart + 1s, kStart + 3s};

}  // namespace

TEST_CASE("in a closed loop what ends inside the window counts") {
  Recorder recorder(kWindow, false);
  recorder.answered(kStart + 900ms, kStart + 999ms, {200, 10, 1});
  recorder.answered(kStart + 900ms, kStart + 1s, {200, 10, 1});
  recorder.answered(kStart + 2s, kStart + 2500ms, {503, 20, 2});
  recorder.answered(kStart + 2s, kStart + 3s, {200, 10, 1});
  recorder.failed(kStart, kStart + 2s, Reason::target_reset);
  recorder.failed(kStart, kStart + 4s, Reason::target_reset);
  const bench::Tally& tally = recorder.tally();
  CHECK(tally.answered == 2);
  CHECK(tally.statuses[200] == 1);
  CHECK(tally.statuses[503] == 1);
  CHECK(tally.bytes_received == 30);
  CHECK(tally.bytes_sent == 3);
  CHECK(tally.failures[static_cast<std::size_t>(Reason::target_reset)] == 1);
  CHECK(tally.failed() == 2);
  CHECK(tally.latencies.least() == 100ms);
  CHECK(tally.latencies.most() == 500ms);
  CHECK(recorder.answered() == 4);
}

TEST_CASE("in an open loop what is due inside the window counts, however late its answer") {
  Recorder recorder(kWindow, true);
  recorder.answered(kStart + 999ms, kStart + 2s, {200, 0, 0});
  recorder.answered(kStart + 1s, kStart + 2s, {200, 0, 0});
  recorder.answered(kStart + 2999ms, kStart + 3999ms, {200, 0, 0});
  recorder.answered(kStart + 3s, kStart + 4s, {200, 0, 0});
  CHECK(recorder.tally().answered == 2);
  CHECK(recorder.tally().latencies.least() == 1s);
  // What came within the window, and no more than that, is what the server did in it.
  CHECK(recorder.tally().ended == 2);
}

TEST_CASE("an open loop counts what was never answered, in its latencies too") {
  Recorder recorder(kWindow, true);
  recorder.unanswered(kStart + 500ms, kStart + 5s);
  recorder.unanswered(kStart + 2s, kStart + 5s);
  CHECK(recorder.tally().unanswered == 1);
  CHECK(recorder.tally().failed() == 1);
  CHECK(recorder.tally().oldest == 3s);
  CHECK(recorder.tally().latencies.most() == 3s);
}

TEST_CASE("an answer that refuses a WebSocket is a failure and no message") {
  Recorder recorder(kWindow, false);
  recorder.upgrade_refused(kStart + 1s, kStart + 2s);
  CHECK(recorder.tally().upgrade_refused == 1);
  CHECK(recorder.tally().failed() == 1);
  CHECK(recorder.tally().answered == 0);
}

TEST_CASE("in a closed loop a request under way at the end is no failure") {
  Recorder recorder(kWindow, false);
  recorder.unanswered(kStart + 500ms, kStart + 3s);
  CHECK(recorder.tally().in_flight == 1);
  CHECK(recorder.tally().oldest == 2500ms);
  CHECK(recorder.tally().failed() == 0);
  CHECK(recorder.tally().latencies.count() == 0);
}

TEST_CASE("the tallies of threads add up") {
  Recorder one(kWindow, true);
  Recorder two(kWindow, true);
  one.answered(kStart + 1s, kStart + 2s, {200, 5, 6});
  two.answered(kStart + 1s, kStart + 2500ms, {500, 7, 8});
  two.unanswered(kStart + 1s, kStart + 5s);
  two.delayed(kStart + 1s);
  two.delayed(kStart);
  bench::Tally tally = one.tally();
  tally.merge(two.tally());
  CHECK(tally.answered == 2);
  CHECK(tally.delayed == 1);
  CHECK(tally.failed() == 2);
  CHECK(tally.bytes_received == 12);
  CHECK(tally.bytes_sent == 14);
  CHECK(tally.oldest == 4s);
  CHECK(tally.latencies.count() == 3);
}
