#include "lb/observe/counters.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <thread>

using weir::observe::ClientProtocol;
using weir::observe::Counter;
using weir::observe::CounterArray;
using weir::observe::GroupCounters;
using weir::observe::Histogram;
using weir::observe::kCacheLine;
using weir::observe::kRejectionWords;
using weir::observe::LatencyBuckets;
using weir::observe::ListenerCounters;
using weir::observe::Rejection;
using weir::observe::RouteCounters;
using weir::observe::StatusCounters;
using weir::observe::TargetCounters;
using weir::observe::Vocabulary;
using weir::observe::WordCounters;
using weir::observe::WordPairCounters;

TEST_CASE("a histogram sums what it observes and takes a negative duration for none") {
  Histogram histogram(LatencyBuckets::usual());
  histogram.observe(std::chrono::microseconds(200));
  histogram.observe(std::chrono::seconds(61));
  histogram.observe(std::chrono::nanoseconds(-5));
  CHECK(histogram.in_bucket(0) == 1);
  CHECK(histogram.in_bucket(1) == 1);
  CHECK(histogram.in_bucket(histogram.buckets().size() - 1) == 1);
  CHECK(histogram.sum() == 61'000'200'000);
}

TEST_CASE("a status that has not three digits is not counted") {
  StatusCounters counters;
  for (unsigned status : {0U, 99U, 1000U, 4'000'000U}) counters.add(status);
  for (unsigned status = StatusCounters::kFirst; status <= StatusCounters::kLast; ++status) {
    CHECK(counters.of(status) == 0);
  }
  counters.add(100);
  counters.add(999);
  counters.add(999);
  CHECK(counters.of(100) == 1);
  CHECK(counters.of(999) == 2);
}

TEST_CASE("a target's statuses are counted by their class") {
  TargetCounters target{Vocabulary{}, LatencyBuckets::usual()};
  for (unsigned status : {101U, 200U, 299U, 404U, 599U, 600U, 999U}) target.count_status(status);
  const std::uint64_t expected[] = {1, 2, 0, 1, 3};
  for (std::size_t i = 0; i < 5; ++i) CHECK(target.requests[i].value() == expected[i]);
}

TEST_CASE("a word that is not in the list counts as other") {
  static constexpr std::string_view kWords[] = {"refused", "reset"};
  enum class Reason { refused, reset };
  WordCounters counters{kWords};
  counters.add(Reason::reset);
  counters.add(1);
  counters.add(17);
  counters.add(-1);
  CHECK(counters.values() == std::vector<std::uint64_t>{0, 2, 2});
}

TEST_CASE("each word of a pair that is not in its list counts as other") {
  static constexpr std::string_view kClasses[] = {"acceptable", "severe"};
  static constexpr std::string_view kReasons[] = {"BadHeader"};
  WordPairCounters counters(kClasses, kReasons);
  counters.add(1, 0);
  counters.add(0, 5);
  counters.add(9, 0);
  CHECK(counters.values() == std::vector<std::uint64_t>{0, 1, 1, 0, 1, 0});
}

TEST_CASE("a client is there from its connection on, and its protocol when that is known") {
  ListenerCounters listener{Vocabulary{}};
  const auto total = [&](ClientProtocol protocol) {
    return listener.connections_total[static_cast<std::size_t>(protocol)].value();
  };
  listener.connection_opened();
  listener.connection_opened(ClientProtocol::http1);
  CHECK(listener.connections.value() == 2);
  CHECK(total(ClientProtocol::http1) == 1);
  CHECK(total(ClientProtocol::http2) == 0);
  listener.protocol_known(ClientProtocol::http2);
  listener.connection_closed();
  CHECK(listener.connections.value() == 1);
  CHECK(total(ClientProtocol::http2) == 1);
}

TEST_CASE("a rejection has the word of its place") {
  CHECK(kRejectionWords[static_cast<std::size_t>(Rejection::listener_limit)] == "listener_limit");
  CHECK(kRejectionWords[static_cast<std::size_t>(Rejection::stopping)] == "stopping");
  CHECK(kRejectionWords[static_cast<std::size_t>(Rejection::proxy_header)] == "proxy_header");
  CHECK(kRejectionWords[static_cast<std::size_t>(Rejection::http2_error)] == "http2_error");
  CHECK(kRejectionWords[static_cast<std::size_t>(Rejection::http2_flood)] == "http2_flood");
}

TEST_CASE("no two workers' counters share a cache line") {
  CHECK(alignof(ListenerCounters) == kCacheLine);
  CHECK(sizeof(TargetCounters) % kCacheLine == 0);
  CHECK(sizeof(RouteCounters) % kCacheLine == 0);
  CHECK(sizeof(GroupCounters) % kCacheLine == 0);
  const CounterArray one(1), other(1);
  const auto address = [](const CounterArray& counters) {
    return reinterpret_cast<std::uintptr_t>(&counters[0]);
  };
  CHECK(address(one) % kCacheLine == 0);
  CHECK(address(one) / kCacheLine != address(other) / kCacheLine);
}

TEST_CASE("a reader in another thread sees a counter grow and never go back") {
  Counter counter;
  std::thread writer([&] {
    for (int i = 0; i < 100'000; ++i) counter.add();
  });
  std::uint64_t last = 0;
  while (last < 100'000) {
    const std::uint64_t now = counter.value();
    REQUIRE(now >= last);
    last = now;
  }
  writer.join();
}
