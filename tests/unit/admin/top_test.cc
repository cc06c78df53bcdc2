#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "lb/admin/table.h"
#include "lb/admin/top_frame.h"
#include "lb/admin/top_words.h"
#include "tests/support/contains.h"

using namespace weir::admin;
using nlohmann::json;
using weir::test::contains;

namespace {

constexpr double kAt = 1'700'000'000;

LiveTarget target(const std::string& id, const std::string& zone, const std::string& state = "healthy") {
  LiveTarget one;
  one.id = id;
  one.address = "10.0.0.1:80";
  one.zone = zone;
  one.state = state;
  one.since = kAt - 3 * 3600;
  one.weight = 1;
  one.part = 1;
  return one;
}

// A daemon with one listener, two groups and four targets, all of them well, that has done nothing yet.
LiveDocument quiet() {
  LiveDocument document;
  document.at = kAt;
  document.clock = 100;
  document.version = "0.1.0";
  document.pid = 42;
  document.started = kAt - 93'784;
  document.workers = 2;
  document.config_file = "/etc/weir/weir.yaml";
  document.config_hash = "f00df00df00df00d";
  document.config_loaded = kAt - 90;
  document.bounds_seconds = {0.001, 0.01, 0.1, 1};
  document.listeners = {{.name = "web", .responses = {0, 0, 0, 0, 0}}};
  document.rules = {{"web", "api", 0}, {"web", "default", 0}};
  document.routes = {{"web", "app", {}}};
  LiveGroup app{
      .name = "app", .algorithm = "round_robin", .healthy = 3, .counted = 3, .targets = {}, .other = {}};
  app.targets = {target("app-1", "az-1"), target("app-2", "az-2"), target("app-3", "az-3")};
  LiveGroup shop{
      .name = "shop", .algorithm = "round_robin", .healthy = 1, .counted = 1, .targets = {}, .other = {}};
  shop.targets = {target("shop-1", "az-1")};
  document.target_groups = {app, shop};
  return document;
}

// Two seconds later, after some traffic, of which a part failed.
LiveDocument busy() {
  LiveDocument document = quiet();
  document.at += 2;
  document.clock += 2;
  LiveListener& web = document.listeners[0];
  web.responses = {0, 2000, 0, 10, 8};
  web.own_5xx = 2;
  web.connections = 312;
  web.websockets = 4;
  web.received_bytes = 200'000;
  web.sent_bytes = 20'000'000;
  document.rules[0].requests = 500;
  document.rules[1].requests = 1518;
  document.routes[0].buckets = {1000, 900, 100};
  LiveGroup& app = document.target_groups[0];
  app.healthy = 2;
  app.retries = 3;
  app.targets[0].counters->requests = 1000;
  app.targets[0].outstanding = 3;
  app.targets[0].max_requests = 200;
  app.targets[0].counters->buckets = {1000};
  app.targets[1].state = "unhealthy";
  app.targets[1].reason = "Target.ResponseCodeMismatch";
  app.targets[1].since = document.at - 75;
  app.targets[1].counters->connection_errors = 2;
  app.targets[2].counters->requests = 1008;
  app.targets[2].counters->responses_5xx = 6;
  app.targets[2].counters->buckets = {0, 900, 108};
  return document;
}

std::string text_of(const TopFrame& frame) {
  std::string text;
  for (const std::string& line : frame.lines) text += line + "\n";
  return text;
}

std::string shown(const LiveRates& rates, const TopView& view = {}) {
  return text_of(top_frame(rates, view));
}

}  // namespace

TEST_CASE("the frame has the daemon, what is wrong, all traffic, and tables with what is wrong on top") {
  CHECK(shown(live_rates(quiet(), busy())) ==
        R"(weir 0.1.0, pid 42, 2 workers, up 1d 2h                             22:13:22 UTC
configuration /etc/weir/weir.yaml (f00df00df00df00d), loaded 1m 32s ago
1009 req/s, err/s: weir 1.0 targets 3.0, p50 1.0ms p95 10ms p99 82ms, 312 conn
app: 2 of 3 healthy

LISTENER  PROTO  REQ/S  4XX/S  BY WEIR/S  BY TARGETS/S    P50   P95   P99  CONN
web       http    1009    5.0        1.0           3.0  1.0ms  10ms  82ms   312

TARGET GROUP  HEALTHY  NOTE  REQ/S  ERR/S  QUEUE  IN FLIGHT    P50   P99
app               2/3         1004    4.0      0          3  1.0ms  83ms
shop              1/1            0      0      0          0      -     -

TARGET  GROUP  ZONE  STATE      SINCE  REQ/S  ERR/S  IN FLIGHT    P50    P99
app-2   app    az-2  unhealthy     1m      0    1.0          0      -      -
app-3   app    az-3  healthy       3h    504    3.0          0  6.0ms   92ms
app-1   app    az-1  healthy       3h    500      0      3/200  0.5ms  1.0ms
shop-1  shop   az-1  healthy       3h      0      0          0      -      -

RULE     LISTENER  REQ/S
api      web         250
default  web         759
)");
}

TEST_CASE("no line is wider than the terminal, which has as many lines as rows") {
  LiveDocument document = busy();
  document.target_groups[0].name = std::string(60, 'g');
  document.target_groups[0].targets[0].id = std::string(64, 'i');
  document.target_groups[0].fail_open = true;
  document.config_file = "/" + std::string(100, 'f');
  document.zone_shifts = {{"az-1", std::string(200, 'r'), kAt + 600}};
  const LiveRates rates = live_rates(quiet(), document);
  for (const std::size_t columns : {20U, 40U, 60U, 79U, 80U, 100U, 132U, 300U}) {
    for (const std::size_t rows : {0U, 1U, 2U, 5U, 10U, 24U, 100U}) {
      CAPTURE(columns);
      CAPTURE(rows);
      const TopFrame frame = top_frame(rates, {.rows = rows, .columns = columns});
      if (rows > 1) CHECK(frame.lines.size() == rows);
      if (columns < 60) continue;  // there tables are as narrow as they get
      for (const std::string& line : frame.lines) CHECK_MESSAGE(width_of(line) <= columns, line);
    }
  }
}

TEST_CASE("a wide terminal gets all columns, with the reason of each target") {
  const std::string text = shown(live_rates(quiet(), busy()), {.columns = 140});
  for (const char* const column :
       {"RETRY/S", "P95", "WS", "IN/S", "OUT/S", "REASON", "Target.ResponseCodeMismatch"})
    CHECK_MESSAGE(contains(text, column), column, "\n", text);
}

TEST_CASE("before the second document there are no rates") {
  const std::string text = shown(live_rates(busy(), busy()));
  CHECK(contains(text, "312 connections; rates follow in a second\n"));
  CHECK(contains(text, "web       http       -      -          -             -    -    -    -   312   4\n"));
  LiveDocument other = quiet();
  other.pid = 43;
  CHECK(shown(live_rates(other, busy())) == text);
}

TEST_CASE("what an operator should look at stands above the tables") {
  LiveDocument document = busy();
  document.last_reload_succeeded = false;
  document.zone_shifts = {{"az-1", "drill", document.at + 125}};
  document.target_groups[0].fail_open = true;
  document.target_groups[1].can_serve = false;
  const std::string text = shown(live_rates(quiet(), document), {.notice = "no weir answers; trying again"});
  CHECK(contains(text,
                 "312 conn\n"
                 "no weir answers; trying again\n"
                 "the last reload was refused or rolled back: the log of the daemon says why\n"
                 "zone az-1 is shifted, 2m 5s left: drill\n"
                 "and 2 more\n\n"));
  document.last_reload_succeeded = true;
  const std::string fewer = shown(live_rates(quiet(), document));
  CHECK(contains(fewer,
                 "app fails open: only 2 of 3 healthy, so all get requests\n"
                 "shop cannot serve: no target may get a request\n\n"));
  CHECK(contains(fewer, "shop              1/1  cannot serve"));
}

TEST_CASE("a listener with TLS has its failed handshakes, and stands out when its certificate ends") {
  LiveDocument before = quiet();
  LiveDocument document = busy();
  for (LiveDocument* const one : {&before, &document}) {
    LiveListener& web = one->listeners[0];
    web.protocol = "https";
    web.http2 = true;
    web.failed_handshakes = 7;
    web.certificate = {"CN=example.com", document.at + 20 * 86'400};
  }
  document.listeners[0].failed_handshakes += 10;
  std::string text = shown(live_rates(before, document), {.columns = 200});
  CHECK(contains(text, "TLS ERR/S  CERT\nweb       https+h2   1009 "));
  CHECK(contains(text, "        5.0   20d\n"));
  CHECK_FALSE(contains(text, "certificate"));
  document.listeners[0].certificate->expires = document.at + 86'400 + 3'600;
  text = shown(live_rates(before, document));
  CHECK(
      contains(text, "\ncertificate CN=example.com of listener web expires in 1d 1h\napp: 2 of 3 healthy\n"));
  document.listeners[0].certificate->expires = document.at - 60;
  text = shown(live_rates(before, document), {.columns = 200, .colour = Colour::on});
  CHECK(contains(text, "certificate CN=example.com of listener web has expired 1m 0s ago"));
  CHECK(contains(text, "\x1b[31m0s\x1b[0m"));
}

TEST_CASE("as JSON a listener has what it speaks, its failed handshakes and its certificate") {
  LiveDocument before = quiet();
  LiveDocument document = busy();
  document.listeners[0].protocol = "https";
  document.listeners[0].failed_handshakes = 10;
  document.listeners[0].certificate = {"CN=a", 1'800'000'000};
  const json rates = json::parse(live_rates_json(live_rates(before, document)));
  const json& web = rates["listeners"][0];
  CHECK(web["name"] == "web");
  CHECK(web["protocol"] == "https");
  CHECK(web["http2"] == false);
  CHECK(web["failed_handshakes"] == 5);
  CHECK(web["certificate"] == json::parse(R"({"subject": "CN=a", "expires": 1800000000})"));
  CHECK(rates["failed_handshakes"] == 5);
  CHECK(json::parse(live_rates_json(live_rates(before, busy())))["listeners"][0]["certificate"].is_null());
}

TEST_CASE("the order is that of trouble, requests, latency or names, and one group may be shown alone") {
  const LiveRates rates = live_rates(quiet(), busy());
  struct Row {
    TopSort sort;
    std::vector<const char*> targets;
  };
  for (const Row& row : {Row{TopSort::trouble, {"app-2", "app-3", "app-1", "shop-1"}},
                         Row{TopSort::requests, {"app-3", "app-1", "app-2", "shop-1"}},
                         Row{TopSort::latency, {"app-3", "app-1", "app-2", "shop-1"}},
                         Row{TopSort::name, {"app-1", "app-2", "app-3", "shop-1"}}}) {
    CAPTURE(word(row.sort));
    const std::string text = shown(rates, {.sort = row.sort});
    std::size_t at = 0;
    for (const char* const id : row.targets) {
      const std::size_t found = text.find(std::string("\n") + id);
      CHECK_MESSAGE(found > at, id);
      at = found;
    }
  }
  const std::string alone = shown(rates, {.group = "shop"});
  CHECK(contains(alone, "\nshop-1"));
  CHECK_FALSE(contains(alone, "\napp-1"));
}

TEST_CASE("states of targets in the order in which somebody should look at them") {
  LiveDocument document = quiet();
  document.clock += 1;
  LiveGroup& app = document.target_groups[0];
  app.targets.clear();
  for (const char* const state : {"unused", "healthy", "initial", "draining", "ejected", "unhealthy"})
    app.targets.push_back(target(std::string("x-") + state, "", state));
  app.targets[3].until = document.at + 200;
  app.targets.push_back(target("x-shifted", ""));
  app.targets.back().zone_shifted = true;
  const std::string text = shown(live_rates(quiet(), document), {.group = "app"});
  std::size_t at = 0;
  for (const char* const state :
       {"unhealthy", "ejected", "draining", "initial", "shifted", "healthy", "unused"}) {
    const std::size_t found = text.find(std::string("\nx-") + state);
    CHECK_MESSAGE(found > at, state);
    at = found;
  }
  CHECK(contains(text, "draining 3m"));
  CHECK(contains(text, "healthy shifted"));
}

TEST_CASE("what does not fit is scrolled to, never beyond the end") {
  const LiveRates rates = live_rates(quiet(), busy());
  const TopFrame top = top_frame(rates, {.rows = 12});
  CHECK(top.lines.size() == 12);
  CHECK(contains(text_of(top), "LISTENER"));
  CHECK(contains(top.lines.back(), "q quit  j/k scroll  s sort: trouble  g group: all  lines 1-7 of 17"));
  CHECK(top.most_scroll == 10);
  const TopFrame end = top_frame(rates, {.rows = 12, .scroll = 1000});
  CHECK(contains(end.lines.back(), "lines 11-17 of 17"));
  CHECK(end.lines[end.lines.size() - 2] == "default  web         759");
  CHECK(end.lines[0] == top.lines[0]);
  CHECK_FALSE(contains(text_of(top_frame(rates, {.rows = 40})), "lines"));
}

TEST_CASE("only a terminal that wants colours gets them, and what is wrong is red") {
  const LiveRates rates = live_rates(quiet(), busy());
  CHECK_FALSE(contains(shown(rates, {.rows = 24}), "\x1b"));
  const std::string text = shown(rates, {.rows = 24, .colour = Colour::on});
  CHECK(contains(text, "\x1b[31munhealthy\x1b[0m"));
  CHECK(contains(text, "\x1b[32mhealthy\x1b[0m"));
  CHECK(contains(text, "\x1b[31mapp: 2 of 3 healthy\x1b[0m"));
  CHECK(contains(text, "\x1b[31m2/3\x1b[0m"));
  CHECK(contains(text, "\x1b[7mq quit"));
}

TEST_CASE("nothing that the daemon says speaks to the terminal") {
  LiveDocument document = busy();
  const std::string evil = "\x1b]0;x\x07\xc2\x9b[2J\n\xff";
  document.version = document.config_file = document.config_hash = evil;
  document.listeners[0].name = document.rules[0].rule = document.rules[0].listener = evil;
  document.zone_shifts = {{evil, evil, document.at + 60}};
  LiveGroup& app = document.target_groups[0];
  app.name = evil;
  app.fail_open = true;
  app.targets[0].id = app.targets[0].zone = app.targets[0].state = app.targets[0].reason = evil;
  for (const TopView& view : {TopView{.columns = 500}, TopView{.rows = 50, .columns = 500, .group = evil}}) {
    for (const std::string& line : top_frame(live_rates(quiet(), document), view).lines) {
      CHECK(std::ranges::none_of(line,
                                 [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
      CHECK_FALSE(contains(line, "\xc2\x9b"));
    }
  }
}

TEST_CASE("keys are found in what a terminal sends, and nothing else is one") {
  struct Row {
    std::string_view bytes;
    std::vector<TopKey> keys;
  };
  for (const Row& row :
       {Row{"", {}}, Row{"q", {TopKey::quit}}, Row{"\x03", {TopKey::quit}},
        Row{"jk", {TopKey::down, TopKey::up}},
        Row{"\x1b[A\x1bOB\x1b[5~\x1b[6~", {TopKey::up, TopKey::down, TopKey::page_up, TopKey::page_down}},
        Row{"\x1b[H\x1b[F", {TopKey::home, TopKey::end}}, Row{"sg", {TopKey::sort, TopKey::group}},
        Row{"\x1b[200~\x1b[15;5~xyz\x1b", {}}, Row{"\x1b[1;5", {}}, Row{"\xff\xc2\x9b", {}}}) {
    CAPTURE(row.bytes);
    CHECK(top_keys(row.bytes) == row.keys);
  }
}

TEST_CASE("a key changes what is shown") {
  const std::vector<std::string> groups = {"app", "shop"};
  const auto pressed = [&](TopView view, std::initializer_list<TopKey> keys) {
    for (const TopKey key : keys) view = after(view, key, groups, 30);
    return view;
  };
  const TopView start{.rows = 24};
  CHECK(pressed(start, {TopKey::down, TopKey::down, TopKey::up}).scroll == 1);
  CHECK(pressed(start, {TopKey::up}).scroll == 0);
  CHECK(pressed(start, {TopKey::page_down}).scroll == 16);
  CHECK(pressed(start, {TopKey::end, TopKey::down}).scroll == 30);
  CHECK(pressed(start, {TopKey::end, TopKey::page_up}).scroll == 14);
  CHECK(pressed(start, {TopKey::end, TopKey::home}).scroll == 0);
  CHECK(pressed({.rows = 24, .scroll = 99}, {TopKey::up}).scroll == 29);
  CHECK(pressed(start, {TopKey::sort}).sort == TopSort::requests);
  CHECK(pressed(start, {TopKey::sort, TopKey::sort, TopKey::sort, TopKey::sort}).sort == TopSort::trouble);
  CHECK(pressed(start, {TopKey::group}).group == "app");
  CHECK(pressed(start, {TopKey::group, TopKey::group, TopKey::group}).group == "");
  CHECK(pressed({.rows = 24, .group = "gone"}, {TopKey::group}).group == "");
  CHECK(after(start, TopKey::group, {}, 0).group == "");
}

TEST_CASE("numbers are short") {
  struct Row {
    double value;
    const char* rate;
    const char* latency;
    const char* size;
  };
  for (const Row& row :
       {Row{0, "0", "0.0ms", "0"}, Row{0.004, "0.1", "4.0ms", "0"}, Row{0.25, "0.2", "250ms", "0"},
        Row{9.96, "10", "10s", "10"}, Row{1234, "1234", "1234s", "1.2K"}, Row{12'345, "12k", "12345s", "12K"},
        Row{1'500'000, "1.5M", "1500000s", "1.4M"}}) {
    CAPTURE(row.value);
    CHECK(short_rate(row.value) == row.rate);
    CHECK(short_latency(Latency{row.value}) == row.latency);
    CHECK(short_size(row.value) == row.size);
  }
  CHECK(short_latency(std::nullopt) == "-");
  CHECK(short_latency(Latency{0.01, true}) == ">10ms");
  CHECK(short_latency(Latency{2, true}) == ">2.0s");
  CHECK(short_age(-5) == "0s");
  CHECK(short_age(59.9) == "59s");
  CHECK(short_age(3599) == "59m");
  CHECK(short_age(86'399) == "23h");
  CHECK(short_age(864'000) == "10d");
}

TEST_CASE("percentiles lie straight between the bounds of a bucket") {
  const std::vector<double> bounds = {1, 2, 4};
  CHECK(percentile({10, 10}, bounds, 0.5) == Latency{1});
  CHECK(percentile({10, 10}, bounds, 0.75) == Latency{1.5});
  CHECK(percentile({0, 0, 5}, bounds, 1) == Latency{4});
  CHECK_FALSE(percentile({}, bounds, 0.5));
  CHECK_FALSE(percentile({0, 0}, bounds, 0.5));
  CHECK_FALSE(percentile({1}, {}, 0.5));
}

TEST_CASE("what took longer than the last bound says is shown as more than that") {
  const std::vector<double> bounds = {1, 2, 4};
  CHECK(percentile({0, 0, 0, 5}, bounds, 0.5) == Latency{4, true});
  CHECK(percentile({90, 0, 0, 10}, bounds, 0.5)->above == false);
  CHECK(percentile({90, 0, 0, 10}, bounds, 0.95) == Latency{4, true});
  LiveDocument document = busy();
  document.routes[0].buckets = {100, 0, 0, 0, 20};
  const LiveRates rates = live_rates(quiet(), document);
  CHECK(contains(shown(rates), "p50 0.6ms p95 >1.0s p99 >1.0s"));
  CHECK(json::parse(live_rates_json(rates))["latency_seconds"] ==
        json::parse(R"({"p50": 0.0006, "p95": null, "p99": null, "at_least": {"p95": 1, "p99": 1}})"));
}

TEST_CASE("a target without counters of its own has no rates, and its group has those of them all") {
  LiveDocument before = quiet(), now = busy();
  for (LiveDocument* const document : {&before, &now})
    document->target_groups[0].targets[2].counters = std::nullopt;
  before.target_groups[0].other = {.requests = 50, .buckets = {50}};
  now.target_groups[0].other = {
      .requests = 250, .responses_5xx = 2, .connection_errors = 4, .buckets = {50, 200}};
  const LiveRates rates = live_rates(before, now);
  CHECK(contains(shown(rates), "\napp               2/3          600    4.0 "));
  CHECK(contains(shown(rates),
                 "\napp-3   app    az-3  healthy       3h      -      -          0      -      -\n"));
  const json group = json::parse(live_rates_json(rates))["target_groups"][0];
  CHECK(group["requests"] == 600);
  CHECK(group["responses_5xx"] == 1);
  CHECK(group["connection_errors"] == 3);
  CHECK(group["targets"][0]["requests"] == 500);
  CHECK(group["targets"][2]["requests"].is_null());
  CHECK(group["targets"][2]["connection_errors"].is_null());
}

TEST_CASE("rates are of what came, and counters that went back came to nothing") {
  LiveDocument before = busy();
  LiveDocument now = quiet();
  now.clock = before.clock + 1;
  const LiveRates rates = live_rates(before, now);
  CHECK(rates.seconds == 1);
  CHECK(rates.all.requests == 0);
  CHECK(rates.listeners[0].own_errors == 0);
  CHECK(rates.target_groups[0].requests == 0);
  CHECK_FALSE(rates.all.latencies.p50);
}

TEST_CASE("calls of gRPC that failed with no 5xx are errors once, of the target's or weir's own") {
  LiveDocument document = busy();
  document.listeners[0].own_5xx += 20;
  document.routes[0].grpc_failures = {.by_target = 10, .by_weir = 20};
  const LiveRates rates = live_rates(quiet(), document);
  CHECK(rates.listeners[0].own_errors == 1 + 10);
  CHECK(rates.listeners[0].target_errors == 3 + 5);
  CHECK(rates.all.target_errors == 8);
  CHECK(json::parse(live_rates_json(rates))["errors_by_targets"] == 8);
}

TEST_CASE("the line of JSON has all of it, in ASCII") {
  LiveDocument document = busy();
  document.zone_shifts = {{"az-1", "gr\xc3\xbc\xc3\x9f\n\xff", document.at + 60}};
  const std::string line = live_rates_json(live_rates(quiet(), document));
  CHECK(std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; }));
  const json rates = json::parse(line);
  CHECK(rates["at"] == "2023-11-14T22:13:22.000Z");
  CHECK(rates["seconds"] == 2);
  CHECK(rates["requests"] == 1009);
  CHECK(rates["errors_by_weir"] == 1);
  CHECK(rates["errors_by_targets"] == 3);
  CHECK(rates["latency_seconds"]["p50"] == 0.001);
  CHECK(rates["listeners"][0]["name"] == "web");
  CHECK(rates["rules"][0] == json::parse(R"({"listener": "web", "rule": "api", "requests": 250})"));
  CHECK(rates["target_groups"][0]["targets"][1]["state"] == "unhealthy");
  CHECK(rates["target_groups"][1]["latency_seconds"]["p99"].is_null());
  CHECK(rates["zone_shifts"][0]["until"] == "2023-11-14T22:14:22.000Z");
}

TEST_CASE("what is no live document is said to be none") {
  for (const char* const text : {"", "<html>", "{}", "[1]", R"({"at": 1})"})
    CHECK(read_live(text).error() == "the answer is no live document of weir");
}
