// Spans of the daemon as a collector gets them.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>

#include "tests/e2e/reload_scene.h"
#include "tests/support/backend.h"
#include "tests/support/collector.h"

using namespace weir::e2e;

namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kParent = "00f067aa0ba902b7";

std::string traced(const std::string& tracing, const Backend& backend) {
  return "process: { watch: off, workers: 2, server_name: edge-1 }\ntracing: " + tracing +
         "\nlog: { access: { output: off }, redact: [key] }\n" +
         web_to(backend.address(), "    forwarded: { trust: 127.0.0.0/8 }\n");
}

std::string all_to(const Collector& collector) {
  return fmt::format("{{ otlp: \"{}\", sample: 100% }}", collector.url());
}

std::string traced_request(const std::string& target, const std::string& fields = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: a.example\r\n" + fields + "Connection: close\r\n\r\n";
}

Answer ask(const Daemon& weir, const std::string& bytes) {
  Connection client(weir.address());
  client.send(bytes);
  return client.answer();
}

// All that a collector has.
std::vector<Json> spans(const Collector& collector) {
  std::vector<Json> all;
  for (const auto& post : collector.posts()) {
    const Json sent = Json::parse(post.body);
    for (const Json& span : sent["resourceSpans"][0]["scopeSpans"][0]["spans"]) all.push_back(span);
  }
  return all;
}

std::map<std::string, Json> attributes(const Json& span) {
  std::map<std::string, Json> all;
  for (const Json& one : span["attributes"]) all[one["key"]] = one["value"].begin().value();
  return all;
}

long long nanoseconds(const Json& span, const char* name) {
  return std::stoll(span[name].get<std::string>());
}

// Of those that weir's span has below it, in the order of time.
void check_children(const std::vector<Json>& all, const Json& server) {
  long long at = nanoseconds(server, "startTimeUnixNano");
  std::string names;
  for (const Json& span : all) {
    if (span.value("parentSpanId", "") != server["spanId"].get<std::string>()) continue;
    CHECK(span["traceId"] == server["traceId"]);
    CHECK(nanoseconds(span, "startTimeUnixNano") >= at);
    CHECK(nanoseconds(span, "endTimeUnixNano") > nanoseconds(span, "startTimeUnixNano"));
    at = nanoseconds(span, "endTimeUnixNano");
    names += span["name"].get<std::string>() + ",";
  }
  CHECK(at <= nanoseconds(server, "endTimeUnixNano"));
  CHECK(names.find("first byte,") != std::string::npos);
}

}  // namespace

TEST_CASE("a collector gets the tree of a request, between the client's span and the target's") {
  const Backend backend;
  const Collector collector;
  Daemon weir(traced(all_to(collector), backend));
  const Answer answer =
      ask(weir, traced_request("/head?a=1&key=s3cret", "User-Agent: curl/8\r\ntraceparent: 00-" + kTrace +
                                                           "-" + kParent + "-01\r\ntracestate: v=1\r\n"));
  CHECK(answer.status == 200);
  REQUIRE(collector.has_posts(1));
  const auto all = spans(collector);
  REQUIRE(all.size() >= 2);
  const Json& server = all[0];
  INFO(server.dump(1));
  CHECK(server["traceId"] == kTrace);
  CHECK(server["parentSpanId"] == kParent);
  CHECK(server["kind"] == 2);
  CHECK(server["name"] == "GET");
  const std::string own = "00-" + kTrace + "-" + server["spanId"].get<std::string>() + "-01";
  CHECK(answer.body.find("traceparent: " + own) != std::string::npos);
  CHECK(answer.body.find("tracestate: v=1") != std::string::npos);
  check_children(all, server);

  auto told = attributes(server);
  CHECK(told["http.request.method"] == "GET");
  CHECK(told["url.scheme"] == "http");
  CHECK(told["url.path"] == "/head");
  CHECK(told["url.query"] == "a=1&key=REDACTED");
  CHECK(told["server.address"] == "a.example");
  CHECK(told["client.address"] == "127.0.0.1");
  CHECK(told["user_agent.original"] == "curl/8");
  CHECK(told["http.response.status_code"] == "200");
  CHECK(told["weir.target_group"] == "app");
  CHECK(told["weir.target"] == backend.address());
  CHECK(answer.body.find(told["weir.request_id"].get<std::string>()) != std::string::npos);

  const Json resource = Json::parse(collector.posts()[0].body)["resourceSpans"][0]["resource"];
  CHECK(attributes(resource)["service.name"] == "edge-1");
  CHECK_FALSE(attributes(resource)["service.version"].get<std::string>().empty());
  CHECK(eventually(
      [&] { return metric(weir, "weir_trace_spans_exported_total") == static_cast<double>(all.size()); }));
  CHECK(collector.posts()[0].body.find("s3cret") == std::string::npos);
  CHECK(weir.stop() == 0);
}

TEST_CASE("a reload switches tracing on and off, and to another collector") {
  const Backend backend;
  const Collector first;
  const Collector second;
  Daemon weir(traced("{ otlp: off }", backend));
  CHECK(ask(weir, traced_request("/off")).status == 200);
  const auto go_over = [&](const std::string& tracing) {
    edit(weir, traced(tracing, backend));
    const Json report = applied(weir);
    CHECK(report["result"] == "applied");
    CHECK(report.dump().find("otlp") != std::string::npos);
  };
  go_over(all_to(first));
  CHECK(ask(weir, traced_request("/first")).status == 200);
  REQUIRE(first.has_posts(1));
  CHECK(attributes(spans(first)[0])["url.path"] == "/first");
  go_over(all_to(second));
  CHECK(ask(weir, traced_request("/second")).status == 200);
  REQUIRE(second.has_posts(1));
  CHECK(attributes(spans(second)[0])["url.path"] == "/second");
  go_over("{ otlp: off }");
  const Answer off =
      ask(weir, traced_request("/head", "traceparent: 00-" + kTrace + "-" + kParent + "-00\r\n"));
  CHECK(off.body.find("traceparent: 00-" + kTrace + "-" + kParent + "-00") != std::string::npos);
  CHECK(weir.stop() == 0);  // what was left has gone out
  CHECK(first.posts().size() == 1);
  CHECK(second.posts().size() == 1);
}

TEST_CASE("the last spans go out when weir stops") {
  const Backend backend;
  const Collector collector;
  Daemon weir(traced(all_to(collector), backend));
  CHECK(ask(weir, traced_request("/last")).status == 200);
  CHECK(weir.stop() == 0);
  REQUIRE(collector.posts().size() == 1);
  CHECK(attributes(spans(collector)[0])["url.path"] == "/last");
}

TEST_CASE("a collector that is not there changes nothing for clients, and weir stops in time") {
  const Backend backend;
  const std::string nowhere = "http://127.0.0.1:" + free_port() + "/v1/traces";
  Daemon weir(traced("{ otlp: \"" + nowhere + "\", sample: 100% }", backend));
  for (int i = 0; i < 50; ++i) CHECK(ask(weir, traced_request("/")).status == 200);
  CHECK(eventually(
      [&] { return weir.log().find("tracing: " + nowhere + " takes no spans") != std::string::npos; }));
  CHECK(metric(weir, "weir_trace_spans_exported_total") == 0);
  const Stopwatch watch;
  CHECK(weir.stop() == 0);
  CHECK(watch.elapsed() < std::chrono::seconds(10));
  CHECK(weir.log().find("spans were not exported: weir stops") != std::string::npos);
}
