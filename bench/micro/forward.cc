#include <benchmark/benchmark.h>

#include "bench/micro/messages.h"
#include "bench/micro/parsed.h"
#include "bench/micro/subjects.h"
#include "lb/base/random.h"
#include "lb/http/forward_rules.h"

namespace weir::bench::micro {
namespace {

constexpr std::uint64_t kSeconds = 1'700'000'000;

http::TraceIds make_ids(base::Random& random) {
  return http::TraceIds({random.next(), random.next(), random.next()}, kSeconds);
}

// With the ids that are made for it.
void forward_request(benchmark::State& state, std::string_view message) {
  const http::RequestHead request = head_of<http::RequestParser>(message);
  const http::ForwardPolicy policy;
  base::Random random(1);
  http::RequestContext context{
      .peer_address = "192.0.2.17", .port = "80", .target_authority = "10.0.0.1:8080"};
  http::OutgoingRequest out;
  for ([[maybe_unused]] auto _ : state) {
    context.ids = make_ids(random);
    http::build_request(request, policy, context, out);
    benchmark::DoNotOptimize(out);
  }
  state.SetItemsProcessed(state.iterations());
}

void forward_response(benchmark::State& state, std::string_view message) {
  const http::ResponseHead response = head_of<http::ResponseParser>(message);
  const http::ResponseContext context{.date = "Sun, 06 Nov 1994 08:49:37 GMT"};
  http::OutgoingResponse out;
  for ([[maybe_unused]] auto _ : state) {
    http::build_response(response, context, out);
    benchmark::DoNotOptimize(out);
  }
  state.SetItemsProcessed(state.iterations());
}

void ids(benchmark::State& state) {
  base::Random random(1);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(make_ids(random));
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void add_forward() {
  benchmark::RegisterBenchmark("forward/request/small", forward_request, kSmallRequest);
  benchmark::RegisterBenchmark("forward/request/typical", forward_request, kTypicalRequest);
  benchmark::RegisterBenchmark("forward/request/large", forward_request, kLargeRequest);
  benchmark::RegisterBenchmark("forward/response/small", forward_response, kSmallResponse);
  benchmark::RegisterBenchmark("forward/response/typical", forward_response, kTypicalResponse);
  benchmark::RegisterBenchmark("forward/ids", ids);
}

}  // namespace weir::bench::micro
