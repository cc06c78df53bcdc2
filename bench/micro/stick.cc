#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "bench/micro/subjects.h"
#include "lb/http/cookies.h"
#include "lb/sticky/decision.h"
#include "lb/sticky/key_file.h"
#include "lb/sticky/nonces.h"
#include "lb/sticky/seal.h"
#include "lb/sticky/session_count.h"
#include "lb/sticky/set_cookie.h"

namespace weir::bench::micro {
namespace {

using sticky::Nonces;
using sticky::Purpose;
using sticky::Sealer;
using sticky::Ticket;
using sticky::Xaes;

constexpr std::int64_t kNow = 1'700'000'000;
constexpr Purpose kPurpose{.cookie = "WEIRLB", .scope = "web"};
constexpr Ticket kTicket{
    .group = "web", .target = "10.0.1.10:8080", .zone = "az-1", .issued = kNow, .session = 42};

void seal(benchmark::State& state, Xaes::Engine engine) {
  Sealer sealer(sticky::make_keys().value(), engine);
  Nonces nonces;
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(sealer.seal(kPurpose, kTicket, nonces.next()));
  }
}

void open(benchmark::State& state, Xaes::Engine engine) {
  Sealer sealer(sticky::make_keys().value(), engine);
  const std::string value(sealer.seal(kPurpose, kTicket, Nonces().next()).value());
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(sealer.open(kPurpose, value));
}

// All that a request of a session costs, but finding its target.
void stick_request(benchmark::State& state) {
  const model::Stickiness settings;
  const sticky::SetCookie cookie(settings);
  Sealer sealer(sticky::make_keys().value());
  Nonces nonces;
  const auto sessions = std::make_unique<sticky::SessionCount>();
  const std::string value(sealer.seal(kPurpose, kTicket, nonces.next()).value());
  http::FieldList fields;
  fields.add("Cookie", "theme=dark; WEIRLB=" + value + "; _ga=GA1.2.123456789.1700000000");
  http::FieldList response;
  std::string rest;
  for ([[maybe_unused]] auto _ : state) {
    rest.clear();
    response.clear();
    const sticky::Reading reading = sticky::read_cookies(sealer, settings, cookie, "web", fields, kNow);
    const sticky::Decision decision = sticky::decide(settings, reading, sticky::Fitness::usable);
    benchmark::DoNotOptimize(http::remove_cookies(fields[0].value, cookie.names(), rest));
    const auto due = sticky::issue(settings, reading, sticky::answered(decision, decision.use), false, kNow);
    sessions->add(*due->session, base::Instant(std::chrono::hours(1)));
    Ticket ticket = kTicket;
    ticket.issued = due->issued;
    ticket.session = *due->session;
    cookie.add_to(response, *sealer.seal(kPurpose, ticket, nonces.next()), true);
    benchmark::DoNotOptimize(response);
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void add_stick() {
  benchmark::RegisterBenchmark("stick/seal", seal, Xaes::Engine::automatic);
  benchmark::RegisterBenchmark("stick/open", open, Xaes::Engine::automatic);
  benchmark::RegisterBenchmark("stick/seal_openssl", seal, Xaes::Engine::openssl);
  benchmark::RegisterBenchmark("stick/open_openssl", open, Xaes::Engine::openssl);
  benchmark::RegisterBenchmark("stick/request", stick_request);
}

}  // namespace weir::bench::micro
