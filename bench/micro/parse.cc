#include <benchmark/benchmark.h>

#include "bench/micro/messages.h"
#include "bench/micro/parsed.h"
#include "bench/micro/subjects.h"

namespace weir::bench::micro {
namespace {

template <class Parser>
void parse(benchmark::State& state, std::string_view message) {
  Parser parser{http::ParserLimits{}};
  for ([[maybe_unused]] auto _ : state) {
    if (!parse_whole(parser, message)) return state.SkipWithError("the message is none");
    benchmark::DoNotOptimize(parser.head());
    parser.reset();
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(message.size()));
}

}  // namespace

void add_parse() {
  benchmark::RegisterBenchmark("parse/request/small", parse<http::RequestParser>, kSmallRequest);
  benchmark::RegisterBenchmark("parse/request/typical", parse<http::RequestParser>, kTypicalRequest);
  benchmark::RegisterBenchmark("parse/request/large", parse<http::RequestParser>, kLargeRequest);
  benchmark::RegisterBenchmark("parse/response/small", parse<http::ResponseParser>, kSmallResponse);
  benchmark::RegisterBenchmark("parse/response/typical", parse<http::ResponseParser>, kTypicalResponse);
}

}  // namespace weir::bench::micro
