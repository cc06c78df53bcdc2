#include <benchmark/benchmark.h>

#include <string>

#include "bench/micro/messages.h"
#include "bench/micro/parsed.h"
#include "bench/micro/subjects.h"
#include "lb/http/forward_rules.h"
#include "lb/http/h1_writer.h"

namespace weir::bench::micro {
namespace {

// What `write` appends, over and over to the same memory.
template <class Write>
void run(benchmark::State& state, Write&& write) {
  std::string out;
  for ([[maybe_unused]] auto _ : state) {
    out.clear();
    write(out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}

void write_request(benchmark::State& state, std::string_view message) {
  const http::RequestHead request = head_of<http::RequestParser>(message);
  http::OutgoingRequest head;
  http::build_request(request, {}, {}, head);
  run(state, [&](std::string& out) { http::write_request_head(out, head, http::Connection::keep); });
}

void write_response(benchmark::State& state, std::string_view message) {
  const http::ResponseHead response = head_of<http::ResponseParser>(message);
  http::OutgoingResponse head;
  http::build_response(response, {}, head);
  run(state, [&](std::string& out) { http::write_response_head(out, head, {}); });
}

}  // namespace

void add_write() {
  benchmark::RegisterBenchmark("write/request/small", write_request, kSmallRequest);
  benchmark::RegisterBenchmark("write/request/typical", write_request, kTypicalRequest);
  benchmark::RegisterBenchmark("write/request/large", write_request, kLargeRequest);
  benchmark::RegisterBenchmark("write/response/small", write_response, kSmallResponse);
  benchmark::RegisterBenchmark("write/response/typical", write_response, kTypicalResponse);
}

}  // namespace weir::bench::micro
