#include "lb/observe/span_queue.h"

#include <doctest/doctest.h>

#include <thread>

#include "tests/unit/observe/access_samples.h"

namespace weir::observe {
namespace {

Span numbered(std::uint16_t number) {
  AccessRecord record = complete_record();
  record.target = &no_access_target();  // one span
  record.status = number;
  return make_span(record, {});
}

std::vector<Span> some(std::size_t count) {
  std::vector<Span> spans;
  for (std::size_t i = 0; i < count; ++i) spans.push_back(numbered(static_cast<std::uint16_t>(i)));
  return spans;
}

}  // namespace

TEST_CASE("spans are taken in their order, a batch at a time") {
  SpanQueue queue;
  queue.hand_over(some(SpanQueue::kBatch + 10));
  const std::vector<Span> first = queue.take();
  CHECK(first.size() == SpanQueue::kBatch);
  CHECK(first.back().status == SpanQueue::kBatch - 1);
  CHECK(queue.take().size() == 10);
  CHECK(queue.take().empty());
}

TEST_CASE("what does not fit is lost and counted, and the rest stays") {
  SpanQueue queue;
  queue.hand_over(some(SpanQueue::kMost - 1));
  queue.hand_over(some(3));
  queue.hand_over(some(5));
  CHECK(queue.waiting() == SpanQueue::kMost);
  CHECK(queue.counts().lost[static_cast<std::size_t>(SpanLoss::queue_full)] == 7);
}

TEST_CASE("somebody is woken up by the first span and by a full batch, and not between") {
  SpanQueue queue;
  int woken = 0;
  queue.set_wake([&] { ++woken; });
  queue.hand_over({});
  CHECK(woken == 0);
  queue.hand_over(some(1));
  CHECK(woken == 1);
  queue.hand_over(some(1));
  CHECK(woken == 1);
  queue.hand_over(some(SpanQueue::kBatch));
  CHECK(woken == 2);
  queue.hand_over(some(1));
  CHECK(woken == 2);
}

TEST_CASE("a worker's spans come when there are many, when it says so, and when it goes") {
  const auto queue = std::make_shared<SpanQueue>();
  const auto settings =
      std::make_shared<const TraceSettings>(TraceSettings{TraceSampling(100), Redaction(), queue});
  {
    SpanBuffer buffer;
    AccessRecord record = complete_record();
    buffer.add(record, {});
    CHECK_FALSE(buffer.enabled());
    buffer.use(settings);
    buffer.add(record, {});
    CHECK(queue->waiting() == 0);
    buffer.flush();
    CHECK(queue->waiting() == 1);
    for (std::size_t i = 0; i < SpanBuffer::kFull; ++i) buffer.add(record, {});
    CHECK(queue->waiting() == 1 + SpanBuffer::kFull);
    buffer.add(record, {});
    buffer.use(nullptr);
    CHECK(queue->waiting() == 2 + SpanBuffer::kFull);
    buffer.use(settings);
    buffer.add(record, {});
  }
  CHECK(queue->waiting() == 3 + SpanBuffer::kFull);
}

TEST_CASE("what is redacted is in no span") {
  const auto queue = std::make_shared<SpanQueue>();
  SpanBuffer buffer;
  buffer.use(std::make_shared<const TraceSettings>(
      TraceSettings{TraceSampling(100), Redaction({"token", "user-agent"}), queue}));
  AccessRecord record = complete_record();
  record.request_target = "/a?b=1&token=s3cret";
  buffer.add(record, {});
  buffer.flush();
  const std::vector<Span> spans = queue->take();
  CHECK(spans.at(0).text(Span::Text::query) == "b=1&token=REDACTED");
  CHECK(spans.at(0).text(Span::Text::user_agent) == "REDACTED");
}

TEST_CASE("workers hand over while somebody takes") {
  SpanQueue queue;
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) queue.hand_over(some(4));
    });
  }
  std::size_t taken = 0;
  for (int i = 0; i < 100; ++i) taken += queue.take().size();
  for (std::thread& worker : workers) worker.join();
  while (true) {
    const std::size_t more = queue.take().size();
    if (more == 0) break;
    taken += more;
  }
  CHECK(taken == 600);
}

}  // namespace weir::observe
