#include <doctest/doctest.h>

#include "bench/compare/command_line.h"
#include "bench/compare/cores.h"
#include "bench/compare/peer.h"
#include "bench/compare/report_text.h"
#include "bench/compare/schedule.h"
#include "bench/compare/stage.h"
#include "bench/compare/template.h"
#include "bench/compare/text_table.h"
#include "bench/compare/visitor.h"
#include "bench/compare/workload.h"
#include "bench/measure/figures.h"

namespace weir::bench::compare {
namespace {

using std::chrono::milliseconds;
using Words = std::vector<std::string>;

Workload workload(std::string_view name) { return choose_workloads(name)->front(); }

const LoadPlan kPlan{.port = 8080,
                     .connections = 64,
                     .warmup = milliseconds(500),
                     .duration = milliseconds(2000),
                     .rate = std::nullopt,
                     .process = 77,
                     .json = "/tmp/load.json"};

template <class Item>
Words names_of(const std::vector<Item>& items) {
  Words names;
  for (const Item& item : items) names.emplace_back(item.name);
  return names;
}

}  // namespace

TEST_CASE("a template's names are filled in, and its lines repeated for each target or left out") {
  TemplateValues values;
  values.values = {{"PORT", "80"}, {"DIR", "/tmp/x"}};
  values.targets = {8081, 8082};
  values.zones = {"a", "b"};
  values.flags = {"several"};
  struct Row {
    const char* text;
    const char* expected;
  };
  const Row rows[] = {
      {"bind 127.0.0.1:@PORT@\n", "bind 127.0.0.1:80\n"},
      {"no newline at the end @PORT@", "no newline at the end 80\n"},
      {"a@PORT@b@DIR@", "a80b/tmp/x\n"},
      {"server s@NUMBER@ @TARGET@\n", "server s1 127.0.0.1:8081\nserver s2 127.0.0.1:8082\n"},
      {"@TARGET_PORT@ in @ZONE@\n", "8081 in a\n8082 in b\n"},
      {"@TARGET_HOST@,@TARGET_PORT@", "127.0.0.1,8081\n127.0.0.1,8082\n"},
      {"@if several@  again\nlast", "  again\nlast\n"},
      {"@if slow@  least @MISSING@\nlast", "last\n"},
      {"@unless slow@least\n@unless several@one", "least\n"},
      {"mail me@example.com, or @ me @PORT@", "mail me@example.com, or @ me 80\n"},
      {"\"@type\": type.googleapis.com/x", "\"@type\": type.googleapis.com/x\n"},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(fill_template(row.text, values) == row.expected);
  }
  CHECK(fill_template("one\n@if slow@\ntwo @PROT@", values).error() == "line 3: @PROT@ has no value");
  CHECK(fill_template("@TARGET@ @PROT@", values).error() == "line 1: @PROT@ has no value");
  values.zones.clear();
  CHECK(fill_template("@TARGET@ @ZONE@", values).error() == "line 1: @ZONE@ has no value");
}

TEST_CASE("templates know the workload, how many connections stay idle, and how many workers are wanted") {
  const TemplateValues small = template_values(*find_peer("weir"), workload("small"), {80});
  CHECK(small.values.at("IDLE") == "128");
  CHECK(small.values.at("CLIENTS") == "164");
  CHECK(small.values.at("WORKERS") == "1");
  CHECK(small.flags == std::set<std::string, std::less<>>{"small", "clear"});
  const TemplateValues slow = template_values(*find_peer("weir-2"), workload("slow-target"), {80, 81});
  CHECK(slow.values.at("WORKERS") == "2");
  CHECK(slow.flags.contains("several"));
  CHECK(slow.flags.contains("slow"));
  CHECK(slow.zones.empty());
  const TemplateValues lost =
      template_values(*find_peer("weir"), workload("lost-zone"), {80, 81, 82, 83, 84});
  CHECK(lost.zones == Words{"a", "a", "b", "b", "c"});
  CHECK(template_values(*find_peer("nginx"), workload("c1000"), {80}).values.at("IDLE") == "1000");
  const TemplateValues h2 = template_values(*find_peer("nginx"), workload("h2"), {80});
  CHECK(h2.values.at("IDLE") == "256");
  CHECK(h2.flags == std::set<std::string, std::less<>>{"h2", "secure"});
  CHECK(h2.values.at("CERTIFICATE") == "ec");
  CHECK(template_values(*find_peer("nginx"), workload("handshake-rsa"), {80}).values.at("CERTIFICATE") ==
        "rsa");
}

TEST_CASE("the load's command line says all that a workload is") {
  const auto line = [](std::string_view name, const LoadPlan& plan) {
    return load_arguments(workload(name), plan);
  };
  CHECK(line("small", kPlan) == Words{"run", "http://127.0.0.1:8080/", "-c", "64", "-d", "2000ms", "--warmup",
                                      "500ms", "--timeout", "5s", "--process", "77", "--json",
                                      "/tmp/load.json"});
  CHECK(line("large", kPlan)[1] == "http://127.0.0.1:8080/bytes/65536");
  LoadPlan open = kPlan;
  open.rate = 1234.7;
  const Words post = line("post", open);
  const Words expected{"--rate", "1235", "--method", "POST", "--body", "16384"};
  CHECK(Words(post.begin() + 8, post.begin() + 14) == expected);
  CHECK(line("close", kPlan)[8] == "--close");
  CHECK(line("tls", kPlan)[1] == "https://127.0.0.1:8080/");
  const Words h2 = line("h2", kPlan);
  CHECK(Words(h2.begin() + 8, h2.begin() + 11) == Words{"--http2", "--streams", "32"});
  const Words resume = line("resume", kPlan);
  CHECK(Words(resume.begin() + 8, resume.begin() + 10) == Words{"--close", "--resume"});
  CHECK(line("websocket", kPlan)[1] == "ws://127.0.0.1:8080/");
  CHECK(Words{line("websocket", kPlan)[8], line("websocket", kPlan)[9]} == Words{"--body", "128"});
}

TEST_CASE("a target's command line has its delay, and its port is read from what it prints") {
  CHECK(target_arguments(milliseconds(0)) == Words{"backend", "--listen", "127.0.0.1:0", "--threads", "1"});
  CHECK(target_arguments(milliseconds(20)).back() == "20ms");
  CHECK(target_arguments(milliseconds(0), 8081)[2] == "127.0.0.1:8081");
  CHECK(listening_port("listening on 127.0.0.1:40123\n") == 40123);
  CHECK(listening_port("a line\nlistening on 127.0.0.1:1\nmore") == 1);
  for (const char* const unfinished :
       {"", "listening", "listening on 127.0.0.1:401", "listening on 127.0.0.1:\n",
        "listening on 127.0.0.1:0\n", "listening on 127.0.0.1:70000\n"}) {
    CAPTURE(unfinished);
    CHECK(!listening_port(unfinished));
  }
}

TEST_CASE("a peer's command line has the path of its configuration") {
  CHECK(peer_command(*find_peer("haproxy"), "/usr/sbin/haproxy", "/tmp/c") ==
        Words{"/usr/sbin/haproxy", "-db", "-f", "/tmp/c"});
  CHECK(peer_command(*find_peer("nghttpx"), "nghttpx", "/tmp/c") == Words{"nghttpx", "--conf=/tmp/c"});
}

TEST_CASE("a version is found in what programs say of themselves") {
  struct Row {
    const char* text;
    const char* expected;
  };
  const Row rows[] = {
      {"HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/", "2.6.12-1+deb12u4"},
      {"nginx version: nginx/1.22.1\n", "1.22.1"},
      {"h2o version 2.2.5\nOpenSSL: OpenSSL 3.0.19", "2.2.5"},
      {"nghttpx nghttp2/1.52.0", "1.52.0"},
      {"weir 0.1.0\ncommit abc", "0.1.0"},
      {"2.6.2\n", "2.6.2"},
      {"envoy  version: 26ccd1b/1.31.0/Clean/RELEASE/BoringSSL", "1.31.0"},
      {"Version:      3.1.2\nCodename: x", "3.1.2"},
      {"no number 7", ""},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(version_in(row.text) == row.expected);
  }
}

TEST_CASE("workloads are chosen by name, and a wrong name is explained") {
  CHECK(names_of(*choose_workloads("close,small")) == Words{"small", "close"});
  CHECK(choose_workloads("all")->size() == workloads().size());
  CHECK(choose_workloads("")->size() == workloads().size());
  CHECK(choose_workloads("smal").error() == "unknown workload 'smal'; did you mean 'small'?");
  CHECK(choose_workloads("small,x").error() == "unknown workload 'x'");
}

TEST_CASE("weir is always among the peers") {
  CHECK(names_of(*choose_peers("nginx")) == Words{"weir", "weir-2", "nginx"});
  CHECK(names_of(*choose_peers("weir")) == Words{"weir", "weir-2"});
  CHECK(choose_peers("all")->size() == peers().size());
  CHECK(choose_peers("ngnix").error() == "unknown peer 'ngnix'; did you mean 'nginx'?");
}

TEST_CASE("every peer takes part where it can do what is asked") {
  struct Row {
    const char* peer;
    const char* workload;
    bool expected;
  };
  const Row rows[] = {
      {"weir", "small", true},
      {"weir-2", "small", false},
      {"haproxy-tcp", "small", true},
      {"haproxy-tcp", "large", false},
      {"nginx", "large", true},
      {"nginx", "workers", false},
      {"weir", "workers", true},
      {"weir-2", "workers", true},
      {"h2o", "small", true},
      {"h2o", "slow-target", false},
      {"nginx", "rules", true},
      {"caddy", "rules", false},
      {"h2o", "tls", true},
      {"traefik", "tls", false},
      {"caddy", "dying-target", true},
      {"haproxy-tcp", "dying-target", false},
  };
  for (const Row& row : rows) {
    INFO(row.peer << " at " << row.workload);
    CHECK(takes_part(*find_peer(row.peer), workload(row.workload)) == row.expected);
  }
}

TEST_CASE("each round begins with another one") {
  const Words all{"a", "b", "c"};
  CHECK(rotated(all, 0) == all);
  CHECK(rotated(all, 1) == Words{"b", "c", "a"});
  CHECK(rotated(all, 5) == Words{"c", "a", "b"});
  CHECK(rotated(Words{}, 5).empty());
}

TEST_CASE("connections are as many as the limit of open files allows") {
  CHECK(fitting_connections(64, 1024) == 12);
  CHECK(fitting_connections(64, 20'000) == 64);
  CHECK(fitting_connections(10'000, 20'000) == 9500);
  CHECK(fitting_connections(10'000, 1'000'000) == 10'000);
  CHECK(fitting_connections(10, 100) == 1);
}

TEST_CASE("the proxy has a core of its own as soon as there are two") {
  CHECK(assign_cores({3}) == Cores{.proxy = 3, .load = 3, .target = 3, .second_worker = 3});
  CHECK(assign_cores({0, 1}) == Cores{.proxy = 0, .load = 1, .target = 1, .second_worker = 0});
  CHECK(assign_cores({0, 1, 2}) == Cores{.proxy = 0, .load = 1, .target = 2, .second_worker = 0});
  CHECK(assign_cores({2, 3, 4, 5, 6}) == Cores{.proxy = 2, .load = 3, .target = 4, .second_worker = 5});
}

TEST_CASE("cores can be said") {
  CHECK(parse_cores("1,0", {0, 1}) == Cores{.proxy = 1, .load = 0, .target = 0, .second_worker = 1});
  CHECK(parse_cores("0,1,2", {0, 1, 2, 3}) == Cores{.proxy = 0, .load = 1, .target = 2, .second_worker = 3});
  CHECK(parse_cores("0,7", {0, 1}).error() == "core 7 is not among those that may be used: 0, 1");
  for (const char* const wrong : {"", "0", "0,1,2,3", "a,b", "-1,0", "0,99999"}) {
    CAPTURE(wrong);
    CHECK(parse_cores(wrong, {0, 1, 2, 3}).error() ==
          "expected the cores of proxy, load and targets, such as 0,1,2");
  }
  CHECK(describe(Cores{0, 1, 1, 0}) == "proxy on core 0, load and targets on core 1");
  CHECK(describe(Cores{0, 1, 2, 0}) == "proxy on core 0, load on core 1, targets on core 2");
  CHECK(describe(Cores{0, 0, 0, 0}) == "all on core 0");
}

TEST_CASE("the head of an answer gives its status and length") {
  const auto head = parse_answer_head("HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH:  128\r\nX: y");
  REQUIRE(head);
  CHECK(head->status == 200);
  CHECK(head->content_length == 128);
  CHECK(parse_answer_head("HTTP/1.1 503 No\r\nX: y").error() ==
        "an answer of status 503 has no Content-Length");
  CHECK(parse_answer_head("SSH-2.0").error() == "this is no HTTP answer");
}

TEST_CASE("the columns of a table are lined up") {
  TextTable table({"peer", "CPU µs"});
  CHECK(table.empty());
  table.add({"weir", "12.3"});
  table.add({"haproxy"});
  CHECK(table.to_string() ==
        "| peer    | CPU µs |\n"
        "| ------- | -----: |\n"
        "| weir    |   12.3 |\n"
        "| haproxy |        |\n");
}

TEST_CASE("figures have three digits, and times the unit that suits them") {
  CHECK(format_figure(1234.5) == "1234");
  CHECK(format_figure(123.4) == "123");
  CHECK(format_figure(12.34) == "12.3");
  CHECK(format_figure(1.234) == "1.23");
  CHECK(format_microseconds(83.21) == "83.2 µs");
  CHECK(format_microseconds(999.6) == "1.00 ms");
  CHECK(format_microseconds(12'345) == "12.3 ms");
  CHECK(format_microseconds(2'500'000) == "2.50 s");
  CHECK(format_tick(500) == "500 µs");
  CHECK(format_tick(2000) == "2 ms");
  CHECK(format_tick(1e6) == "1 s");
}

}  // namespace weir::bench::compare
