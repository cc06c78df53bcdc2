// Spans on their way to a collector, whatever that does.

#include "lb/trace/exporter.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include <algorithm>

#include "lb/net/listen.h"
#include "lb/net/mailbox.h"
#include "tests/support/collector.h"

namespace weir::trace {
namespace {

using namespace std::chrono_literals;
using test::Collector;
using test::eventually;
using Json = nlohmann::json;
using observe::SpanLoss;

constexpr std::size_t kSpansOfOne = 2;  // of an exchange as it is made here

observe::Span exchange(std::uint16_t status) {
  observe::AccessRecord record;
  record.time = base::WallTime(1'700'000'000s);
  record.total = 10ms;
  record.method = "GET";
  static const observe::AccessTarget app("app");
  record.target = &app;
  record.status = status;
  record.connect = record.first_byte = 0ms;
  observe::SpanFacts facts;
  facts.trace.fill('a');
  facts.id.fill('b');
  facts.times.queue = 10ms;
  facts.times.request = 0ms;
  return make_span(record, facts);
}

std::vector<observe::Span> exchanges(std::size_t count) { return std::vector(count, exchange(200)); }

// Everything happens soon.
Exporter::Options quick() {
  Exporter::Options options;
  options.sender.interval = 10ms;
  options.sender.timeout = 10s;
  options.sender.retry = {.tries = 3, .first_wait = 5ms};
  options.stop_grace = 10s;
  return options;
}

Destination to(const std::string& url) {
  return {model::parse_collector_url(url).value(), {"weir", "1.2.3"}};
}

// An exporter with somewhere to go.
class Running {
 public:
  explicit Running(const std::string& url, const Exporter::Options& options = quick())
      : exporter_(std::make_unique<Exporter>(clock_, options)), queue_(exporter_->queue()) {
    exporter_->use(to(url));
  }

  Exporter& exporter() { return *exporter_; }
  void hand_over(std::size_t count) { queue_->hand_over(exchanges(count)); }
  void stop() { exporter_.reset(); }
  std::uint64_t exported() const { return queue_->counts().exported; }
  std::uint64_t lost(SpanLoss why) const { return queue_->counts().lost[static_cast<std::size_t>(why)]; }
  bool loses(SpanLoss why, std::uint64_t spans) const {
    return eventually([&] { return lost(why) == spans; });
  }

 private:
  const base::SystemClock clock_;
  std::unique_ptr<Exporter> exporter_;
  const std::shared_ptr<observe::SpanQueue> queue_;
};

std::size_t spans_in(const Collector::Post& post) {
  return Json::parse(post.body)["resourceSpans"][0]["scopeSpans"][0]["spans"].size();
}

}  // namespace

TEST_CASE("spans go out together, as a POST of JSON") {
  Collector collector;
  Running running(collector.url());
  running.hand_over(3);
  REQUIRE(collector.has_posts(1));
  const Collector::Post post = collector.posts()[0];
  CHECK(post.head.starts_with("POST /v1/traces HTTP/1.1\n"));
  CHECK(post.head.find("\nHost: 127.0.0.1:" + collector.port()) != std::string::npos);
  CHECK(post.head.find("\nContent-Type: application/json") != std::string::npos);
  CHECK(spans_in(post) == 3 * kSpansOfOne);
  CHECK(eventually([&] { return running.exported() == 3 * kSpansOfOne; }));
}

TEST_CASE("many spans go out in batches, over one connection") {
  Collector collector;
  Running running(collector.url());
  running.hand_over(3 * observe::SpanQueue::kBatch);
  REQUIRE(collector.has_posts(3));
  for (const auto& post : collector.posts())
    CHECK(spans_in(post) == observe::SpanQueue::kBatch * kSpansOfOne);
  CHECK(collector.connections() == 1);
}

TEST_CASE("a collector is found by its name, and its connection may end between two batches") {
  Collector collector;
  Running running("http://localhost:" + collector.port() + "/v1/traces");
  for (std::size_t i = 1; i <= 3; ++i) {
    collector.answer_next({.then_close = true});
    running.hand_over(1);
    REQUIRE(collector.has_posts(i));
    CHECK(eventually([&] { return running.exported() == i * kSpansOfOne; }));
  }
}

TEST_CASE("a busy collector is asked again when it says so") {
  Collector collector;
  collector.answer_next({.status = 503, .fields = "Retry-After: 1\r\n"});
  collector.answer_next({.status = 429});
  Running running(collector.url());
  const test::Stopwatch watch;
  running.hand_over(1);
  REQUIRE(collector.has_posts(2));
  CHECK(watch.elapsed() >= 1s);
  REQUIRE(collector.has_posts(3));
  const auto posts = collector.posts();
  CHECK(posts[0].body == posts[1].body);
  CHECK(posts[0].body == posts[2].body);
  CHECK(eventually([&] { return running.exported() == kSpansOfOne; }));
}

TEST_CASE("spans that a collector never takes are dropped and counted") {
  Collector collector;
  Running running(collector.url());
  SUBCASE("it is busy for good") {
    for (int i = 0; i < 3; ++i) collector.answer_next({.status = 503});
    running.hand_over(1);
    CHECK(running.loses(SpanLoss::unreachable, kSpansOfOne));
  }
  SUBCASE("it refuses them") {
    collector.answer_next({.status = 400});
    running.hand_over(1);
    CHECK(running.loses(SpanLoss::rejected, kSpansOfOne));
    CHECK(collector.posts().size() == 1);
  }
  SUBCASE("it refuses one of them") {
    collector.answer_next({.body = R"({"partialSuccess":{"rejectedSpans":"1"}})"});
    running.hand_over(2);
    CHECK(running.loses(SpanLoss::rejected, 1));
    CHECK(running.exported() == 2 * kSpansOfOne - 1);
  }
  const std::uint64_t before = running.exported();
  running.hand_over(1);  // and the next ones are taken
  CHECK(eventually([&] { return running.exported() == before + kSpansOfOne; }));
}

TEST_CASE("where nobody listens spans are dropped after some tries") {
  const auto address = base::SocketAddress::parse("127.0.0.1:0").value();
  const auto port = net::listen_on(address, 1).value().address.port();
  Running running("http://127.0.0.1:" + std::to_string(port) + "/v1/traces");
  running.hand_over(2);
  CHECK(running.loses(SpanLoss::unreachable, 2 * kSpansOfOne));
}

TEST_CASE("a collector that does not answer holds nobody up") {
  Collector collector;
  collector.hold(true);
  Exporter::Options options = quick();
  options.sender.timeout = 100ms;
  Running running(collector.url(), options);
  running.hand_over(observe::SpanQueue::kBatch);
  REQUIRE(collector.has_posts(1));
  running.hand_over(observe::SpanQueue::kMost + 5);  // what waits is bounded
  CHECK(running.lost(SpanLoss::queue_full) > 0);
  CHECK(eventually(
      [&] { return running.lost(SpanLoss::unreachable) >= observe::SpanQueue::kBatch * kSpansOfOne; }));
  collector.hold(false);
  CHECK(eventually([&] { return running.exported() > 0; }));
}

TEST_CASE("what is left goes out at the end") {
  Collector collector;
  Exporter::Options options = quick();
  options.sender.interval = 1h;
  Running running(collector.url(), options);
  running.hand_over(observe::SpanQueue::kBatch + 3);
  running.stop();
  CHECK(running.exported() == (observe::SpanQueue::kBatch + 3) * kSpansOfOne);
}

TEST_CASE("at the end a collector that takes nothing is not waited for") {
  Collector collector;
  Exporter::Options options = quick();
  options.stop_grace = 50ms;
  Running running(collector.url(), options);
  SUBCASE("it does not answer") { collector.hold(true); }
  SUBCASE("it is busy") {
    for (int i = 0; i < 9; ++i) collector.answer_next({.status = 503, .fields = "Retry-After: 30\r\n"});
  }
  running.hand_over(4);
  REQUIRE(collector.has_posts(1));
  const test::Stopwatch watch;
  running.stop();
  CHECK(watch.elapsed() < 10s);
  CHECK(running.lost(SpanLoss::stopping) == 4 * kSpansOfOne);
}

TEST_CASE("another collector gets what the first one has not taken") {
  Collector first;
  Collector second;
  first.hold(true);
  Running running(first.url());
  running.hand_over(1);
  REQUIRE(first.has_posts(1));
  running.exporter().use(to(second.url()));
  REQUIRE(second.has_posts(1));
  CHECK(second.posts()[0].body == first.posts()[0].body);
  CHECK(eventually([&] { return running.exported() == kSpansOfOne; }));
}

TEST_CASE("what the collector before comes to in the same turn is no answer of the next one") {
  Collector first;
  Collector second;
  first.hold(true);
  second.hold(true);
  base::ManualClock clock;
  net::Loop loop(clock);
  net::Mailbox mailbox(loop);
  wire::Context context(loop);
  const auto queue = std::make_shared<observe::SpanQueue>();
  auto sender = std::make_unique<Sender>(context, queue,
                                         SenderOptions{.timeout = 1s, .interval = 0s, .retry = {.tries = 1}});
  const auto turn_until = [&](auto condition) {
    return eventually([&] {
      loop.run_once(1ms);
      return condition();
    });
  };
  sender->use(to(first.url()));
  queue->hand_over(exchanges(1));
  sender->on_news();
  REQUIRE(turn_until([&] { return first.posts().size() == 1; }));
  clock.advance(1s);
  mailbox.post([&] { sender->use(to(second.url())); });
  REQUIRE(turn_until([&] { return second.posts().size() == 1; }));
  CHECK(queue->counts().lost[static_cast<std::size_t>(SpanLoss::unreachable)] == 0);
  second.hold(false);
  CHECK(turn_until([&] { return queue->counts().exported == kSpansOfOne; }));
  sender.reset();
  loop.settle();
}

}  // namespace weir::trace
