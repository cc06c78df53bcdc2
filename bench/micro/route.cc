#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "bench/micro/messages.h"
#include "bench/micro/parsed.h"
#include "bench/micro/subjects.h"
#include "lb/routing/facts.h"
#include "lb/routing/path.h"
#include "lb/routing/route_table.h"
#include "lb/routing/shadow.h"

namespace weir::bench::micro {
namespace {

// How the rules of a configuration differ.
enum class Kind { hosts, exact, prefix, wildcard };

constexpr std::size_t kRequests = 2048;

std::string host_of(Kind kind, std::int64_t i) {
  switch (kind) {
    case Kind::hosts: return fmt::format("tenant-{}.example.com", i);
    case Kind::wildcard: return fmt::format("*.tenant-{}.example.com", i);
    default: return "www.example.com";
  }
}

std::string path_of(Kind kind, std::int64_t i) {
  switch (kind) {
    case Kind::exact: return fmt::format("=/api/service-{}/status", i);
    case Kind::prefix: return fmt::format("/api/service-{}/*", i);
    default: return "/api/*";
  }
}

std::vector<model::Rule> rules(Kind kind, std::int64_t count) {
  std::vector<model::Rule> rules(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    model::Match& match = rules[static_cast<std::size_t>(i)].match;
    match.hosts.push_back(model::Pattern::parse(host_of(kind, i), model::Pattern::Case::insensitive).value());
    match.paths.push_back(model::Pattern::parse(path_of(kind, i)).value());
  }
  return rules;
}

// Requests for rules far apart from each other.
std::vector<http::RequestHead> requests(Kind kind, std::int64_t count) {
  std::vector<http::RequestHead> heads;
  for (std::size_t i = 0; i < kRequests; ++i) {
    const auto rule = static_cast<std::int64_t>(i * 7919 % static_cast<std::size_t>(count));
    std::string host = host_of(kind, rule);
    if (kind == Kind::wildcard) host.replace(0, 1, "a");
    const std::string path = fmt::format("/api/service-{}/status", rule);
    heads.push_back(head_of<http::RequestParser>(
        fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nAccept: */*\r\n\r\n", path, host)));
  }
  return heads;
}

void match(benchmark::State& state, Kind kind) {
  const std::vector<model::Rule> all = rules(kind, state.range(0));
  const std::vector<http::RequestHead> heads = requests(kind, state.range(0));
  const routing::RouteTable table(all);
  routing::Facts facts(1);
  std::size_t at = 0;
  for ([[maybe_unused]] auto _ : state) {
    facts.begin(heads[at], {});
    const auto rule = table.first_match(facts);
    if (!rule) state.SkipWithError("no rule matches");
    benchmark::DoNotOptimize(rule);
    at = (at + 1) % kRequests;
  }
  state.SetItemsProcessed(state.iterations());
}

void build(benchmark::State& state) {
  const std::vector<model::Rule> all = rules(Kind::prefix, state.range(0));
  for ([[maybe_unused]] auto _ : state) {
    const routing::RouteTable table(all);
    benchmark::DoNotOptimize(&table);
  }
}

void find_shadowed(benchmark::State& state) {
  const std::vector<model::Rule> all = rules(Kind::prefix, state.range(0));
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(routing::find_shadowed(all));
}

void normalise(benchmark::State& state, const std::string& target) {
  std::string storage;
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(routing::normalised_path(target, storage));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(target.size()));
}

// The last of several cookies and the last of several parameters are asked for.
void ask(benchmark::State& state, bool cookies) {
  const http::RequestHead head = head_of<http::RequestParser>(kLargeRequest);
  routing::Facts facts(1);
  for ([[maybe_unused]] auto _ : state) {
    facts.begin(head, {});
    const auto found = cookies ? facts.cookies().first("AWSALB") : facts.query().first("utm_source");
    if (!found) state.SkipWithError("it is not there");
    benchmark::DoNotOptimize(found);
  }
}

}  // namespace

void add_route() {
  const std::pair<const char*, Kind> kinds[] = {{"route/match/hosts", Kind::hosts},
                                                {"route/match/exact", Kind::exact},
                                                {"route/match/prefix", Kind::prefix},
                                                {"route/match/wildcard", Kind::wildcard}};
  for (const auto& [name, kind] : kinds) {
    for (const std::int64_t count : kSizes) benchmark::RegisterBenchmark(name, match, kind)->Arg(count);
  }
  for (const std::int64_t count : {10'000, 100'000}) {
    benchmark::RegisterBenchmark("route/build", build)->Arg(count)->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("route/find_shadowed", find_shadowed)
        ->Arg(count)
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::RegisterBenchmark("route/normalise/normal", normalise, "/api/v1/orders/8472?include=items");
  benchmark::RegisterBenchmark("route/normalise/encoded", normalise,
                               "/api/v1/../v2/orders%2f8472//items?a=b");
  benchmark::RegisterBenchmark("route/ask/query", ask, false);
  benchmark::RegisterBenchmark("route/ask/cookies", ask, true);
}

}  // namespace weir::bench::micro
