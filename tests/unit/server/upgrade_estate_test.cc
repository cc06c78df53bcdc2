#include "lb/server/upgrade_estate.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "lb/server/upgrade_json.h"

using namespace std::chrono_literals;

namespace weir::server::upgrade {
namespace {

observe::HistogramTotal histogram(std::uint64_t seed) {
  observe::HistogramTotal total;
  total.buckets = {seed, 0, seed + 1};
  total.sum = seed * 1'000'000'000'000;
  return total;
}

// Every member has another value than by default.
observe::Totals totals_of(std::uint64_t seed) {
  observe::Totals totals;
  totals.latency_bounds = {seed, seed + 1};
  observe::ListenerTotal& listener = totals.listeners.emplace_back();
  listener.listener = "web";
  listener.received_bytes = seed << 40;
  listener.sent_bytes = seed + 2;
  listener.connections = -1;
  listener.websockets = 3;
  listener.connections_total.fill(seed + 4);
  listener.requests = {{200, seed + 5}, {503, seed + 6}};
  listener.errors = {{"queue_timeout", seed + 7}};
  listener.rejections = {{"limit", seed + 8}};
  listener.desync = {{{"severe", "both_lengths"}, seed + 9}};
  listener.tls_handshakes = {{{"full", "TLSv1.3"}, seed + 24}};
  listener.expects_handshakes = true;
  listener.tls_unserved_names = seed + 25;
  totals.routes.push_back(
      {"web", "app", histogram(seed + 10), {{{"OK", "target"}, seed + 25}}, {{"target", seed + 26}}});
  totals.rules.push_back({"web", "api", seed + 11, {{"kept", seed + 12}}});
  observe::GroupTotal& group = totals.groups.emplace_back();
  group.target_group = "app";
  group.retries = {{"connect_failure", seed + 13}};
  group.sticky = {{"new", seed + 14}};
  group.retry_budget_exhausted = seed + 15;
  group.queue_length = 16;
  group.queue_wait = histogram(seed + 17);
  observe::TargetTotal& target = totals.targets.emplace_back();
  target.key = {"app", "az-1", "t1"};
  target.outstanding = 18;
  target.active_connections = 19;
  target.idle_connections = 20;
  target.requests.fill(seed + 21);
  target.response = histogram(seed + 22);
  target.connection_errors = {{"refused", seed + 23}};
  return totals;
}

TargetSnapshot target_of(int number) {
  TargetSnapshot one;
  one.target.address = *base::SocketAddress::parse(fmt::format("10.0.{}.{}:80", number / 250, number % 250));
  one.target.id = fmt::format("t{}", number);
  one.target.zone = "az-1";
  one.target.weight = 7;
  one.target.max_requests = 8;
  one.owner = Owner::api;
  one.health = {.health = health::Health::unhealthy,
                .reason = health::ReasonCode::timeout,
                .passes_in_row = 1,
                .failures_in_row = 2,
                .since = base::WallTime(3s),
                .passes = 4,
                .failures = 5,
                .failed = health::ProbeResult{.phase = health::Phase::status,
                                              .reason = health::ReasonCode::response_code_mismatch,
                                              .status = 500,
                                              .took = 6ms,
                                              .at = base::WallTime(7s),
                                              .detail = "status 500 is not in 200-399",
                                              .body_start = "\"<b>\xff"}};
  one.outlier = {.ejected = true,
                 .last = {.reason = health::EjectionReason::success_rate,
                          .since = base::Instant(8s),
                          .until = base::Instant(9s),
                          .count = 10},
                 .in_service_since = base::Instant(11s)};
  one.drain = Drain{.since = base::Instant(12s),
                    .until = base::Instant(13s),
                    .at = base::WallTime(14s),
                    .leaves = true,
                    .cut = true};
  one.ramp_since = base::Instant(14s);
  one.ejections.fill(15);
  return one;
}

Estate estate_of(int targets) {
  Estate estate;
  estate.directory.event_number = 16;
  estate.directory.latency_bounds = {26, 27};
  GroupSnapshot& group = estate.directory.groups.emplace_back();
  group.name = "app";
  group.check_durations = histogram(17);
  group.dns.push_back({.name = "web.test"});
  group.dns.back().refreshes.fill(18);
  NameSnapshot& name = group.names.emplace_back(NameSnapshot{.name = "web.test", .port = 80, .srv = true});
  for (int i = 0; i < targets; ++i) {
    name.members[target_of(i).target.address] = {
        .weight = 23, .missed = 24, .missed_since = base::Instant(25s)};
  }
  estate.directory.absent.registrations = {{"gone", target_of(5).target}};
  estate.directory.absent.drains = {{"gone", target_of(6).target.address}};
  for (int i = 0; i < targets; ++i) group.targets.push_back(target_of(i));
  estate.directory.groups.push_back({.name = "empty"});
  estate.directory.shifts = {{"az-2", "a \"reason\"", base::WallTime(19s), base::WallTime(20s)}};
  estate.directory.missing_drains = {{"app", *base::SocketAddress::parse("10.9.9.9:1")}};
  estate.past = totals_of(1);
  for (const int pid : {100, 200}) {
    OldProcess& process = estate.processes.emplace_back();
    process.pid = pid;
    process.since = base::WallTime(std::chrono::seconds(pid));
    process.connections = static_cast<std::uint64_t>(pid) + 1;
    process.access_log_dropped = static_cast<std::uint64_t>(pid) + 2;
    process.spans = {.exported = static_cast<std::uint64_t>(pid) + 3, .lost = {1, 2, 3, 4}};
    process.totals = totals_of(static_cast<std::uint64_t>(pid));
  }
  estate.reloads.fill(21);
  estate.access_log_dropped = 22;
  estate.spans = {.exported = 23, .lost = {24, 25, 26, 27}};
  return estate;
}

struct Sent {
  std::vector<net::Message> messages;
  EstateReader reader;

  explicit Sent(Estate estate) {
    write(estate, [this](net::Message message) { messages.push_back(std::move(message)); });
  }
  // What has arrived, all of it.
  Estate& read() {
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const auto complete = reader.take(std::move(messages[i]));
      REQUIRE_MESSAGE(complete.has_value(), complete.error());
      REQUIRE(*complete == (i + 1 == messages.size()));
    }
    return reader.estate();
  }
};

std::string refused(const std::vector<std::string>& texts) {
  EstateReader reader;
  for (const std::string& text : texts) {
    if (const auto taken = reader.take({text}); !taken) return taken.error();
  }
  return {};
}

}  // namespace

TEST_CASE("an estate arrives as it was sent, with the channels of older processes") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const net::Fd other_end(ends[1]);
  Estate given = estate_of(3);
  given.processes[1].channel = net::Fd(ends[0]);
  Sent sent(std::move(given));
  Estate& estate = sent.read();
  const Estate expected = estate_of(3);
  CHECK(estate.directory.event_number == 16);
  CHECK(estate.directory.latency_bounds == expected.directory.latency_bounds);
  REQUIRE(estate.directory.groups.size() == 2);
  const GroupSnapshot& group = estate.directory.groups[0];
  CHECK(group.name == "app");
  CHECK(group.check_durations == histogram(17));
  REQUIRE(group.dns.size() == 1);
  CHECK(group.dns[0].name == "web.test");
  CHECK(group.dns[0].refreshes == expected.directory.groups[0].dns[0].refreshes);
  CHECK(group.names == expected.directory.groups[0].names);
  CHECK(estate.directory.absent == expected.directory.absent);
  REQUIRE(group.targets.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    TargetSnapshot target = expected.directory.groups[0].targets[i];
    target.health->failed->body_start = "\"<b>\xef\xbf\xbd";  // what is no UTF-8 cannot pass
    CHECK(group.targets[i] == target);
  }
  CHECK(estate.directory.shifts == expected.directory.shifts);
  CHECK(estate.directory.missing_drains == expected.directory.missing_drains);
  CHECK(estate.past == expected.past);
  REQUIRE(estate.processes.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(estate.processes[i].pid == expected.processes[i].pid);
    CHECK(estate.processes[i].since == expected.processes[i].since);
    CHECK(estate.processes[i].connections == expected.processes[i].connections);
    CHECK(estate.processes[i].access_log_dropped == expected.processes[i].access_log_dropped);
    CHECK((estate.processes[i].spans == expected.processes[i].spans));
    CHECK(estate.processes[i].totals == expected.processes[i].totals);
  }
  CHECK_FALSE(estate.processes[0].channel.valid());
  REQUIRE(estate.processes[1].channel.valid());
  REQUIRE(::write(other_end.get(), "x", 1) == 1);
  char byte = 0;
  CHECK(::read(estate.processes[1].channel.get(), &byte, 1) == 1);
  CHECK(estate.reloads == expected.reloads);
  CHECK(estate.access_log_dropped == 22);
  CHECK((estate.spans == expected.spans));
}

TEST_CASE("ten thousand targets go in messages that the channel takes") {
  Sent sent(estate_of(10'000));
  CHECK(sent.messages.size() > 10);
  for (const net::Message& message : sent.messages) CHECK(message.text.size() <= net::Message::kMostBytes);
  const GroupSnapshot& group = sent.read().directory.groups[0];
  CHECK(group.targets.size() == 10'000);
  CHECK(group.names.at(0).members.size() == 10'000);
}

TEST_CASE("what another version does not say has its default, and what it says more is passed over") {
  EstateReader reader;
  const auto take = [&](const char* text) { return reader.take({text}).value(); };
  CHECK_FALSE(take(R"({"type":"news","entries":[1,2]})"));
  CHECK_FALSE(take(R"({"type":"directory","colour":"red"})"));
  CHECK_FALSE(take(R"({"type":"groups","entries":[{"name":"app"}]})"));
  CHECK_FALSE(take(R"({"type":"targets","entries":[{"group":"app","address":"10.0.0.1:80","health":{}},
                                                   {"group":"gone","address":"10.0.0.1:80"}]})"));
  CHECK_FALSE(take(R"({"type":"past","entries":[{"kind":"planet"}]})"));
  CHECK_FALSE(take(R"({"type":"process","pid":1})"));
  CHECK(take(R"({"type":"estate"})"));
  const TargetSnapshot& target = reader.estate().directory.groups.at(0).targets.at(0);
  CHECK(target.target.id == "10.0.0.1:80");
  CHECK(target.target.weight == 1);
  CHECK(target.owner == Owner::file);
  CHECK(target.health->health == health::Health::initial);
  CHECK_FALSE(target.drain);
  CHECK(reader.estate().past.latency_bounds == observe::LatencyBuckets::usual()->bounds());
  CHECK(reader.estate().directory.latency_bounds == observe::LatencyBuckets::usual()->bounds());
}

TEST_CASE("a listener of a version before TLS has had no handshakes, and expects none") {
  observe::Totals totals;
  read_totals(nlohmann::json::parse(R"({"entries":[{"kind":"listener","listener":"web","requests":[[200,3]],
                                                    "desync":[["severe","BadHeader",2]]}]})"),
              totals);
  REQUIRE(totals.listeners.size() == 1);
  const observe::ListenerTotal& listener = totals.listeners[0];
  CHECK(listener.desync == std::vector<observe::WordPairTotal>{{{"severe", "BadHeader"}, 2}});
  CHECK(listener.tls_handshakes.empty());
  CHECK_FALSE(listener.expects_handshakes);
}

TEST_CASE("what makes no sense is refused, and why is said") {
  const std::string why = "what was handed over makes no sense";
  for (const std::vector<std::string>& texts : std::vector<std::vector<std::string>>{
           {"no JSON"},
           {"[]"},
           {R"({"type":5})"},
           {R"({"type":"directory","event_number":"many"})"},
           {R"({"type":"groups","entries":[{}]})"},
           {R"({"type":"groups","entries":[{"name":"app"}]})",
            R"({"type":"targets","entries":[{"group":"app","address":"nowhere"}]})"},
           {R"({"type":"past","entries":[{"kind":"listener"}]})"},
           {R"({"type":"totals","number":3,"entries":[]})"},
           {R"({"type":"process","pid":"one"})"},
           {R"({"type":"past","latency_bounds":[5,4],"entries":[]})"},
           {R"({"type":"past","latency_bounds":[],"entries":[]})"},
           {R"({"type":"estate"})"}}) {
    CAPTURE(texts.back());
    CHECK(refused(texts).starts_with(why));
  }
  CHECK(refused(std::vector<std::string>(65, R"({"type":"process","pid":1})")) ==
        why + ": too many processes");
}

}  // namespace weir::server::upgrade
