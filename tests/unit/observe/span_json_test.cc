#include "lb/observe/span_json.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

#include "tests/unit/observe/access_samples.h"

namespace weir::observe {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

template <std::size_t Size>
std::array<char, Size> digits(std::string_view text) {
  std::array<char, Size> result{};
  std::ranges::copy(text.substr(0, Size), result.begin());
  return result;
}

SpanFacts facts() {
  return {.trace = digits<32>("4bf92f3577b34da6a3ce929d0e0e4736"),
          .id = digits<16>("00f067aa0ba902b7"),
          .parent = digits<16>("1111222233334444"),
          .failed_tries = {},
          .times = {},
          .peer = "10.9.9.9",
          .peer_port = 51000};
}

Json spans_of(const Span& span) {
  const std::string text = otlp_json({"weir", "1.2.3"}, {&span, 1});
  CAPTURE(text);
  REQUIRE(Json::accept(text));
  return Json::parse(text)["resourceSpans"][0]["scopeSpans"][0]["spans"];
}

// An attribute's value with its type: {"stringValue": "a"}; null if there is none.
Json attribute(const Json& span, const std::string& name) {
  Json found;
  for (const Json& one : span["attributes"]) {
    if (one["key"] != name) continue;
    CHECK(found.is_null());
    found = one["value"];
  }
  return found;
}

std::string text(const Json& span, const std::string& name) {
  const Json value = attribute(span, name);
  return value.is_null() ? "(none)" : value.begin().value().dump();
}

}  // namespace

TEST_CASE("a request to a collector has a resource, a scope and the spans in hexadecimal and strings") {
  AccessRecord record = complete_record();
  record.total = 100ms;
  SpanFacts its_facts = facts();
  its_facts.times = {0ms, 5ms, 0ms};
  const std::vector<Span> two(2, make_span(record, its_facts));
  const Json json = Json::parse(otlp_json({"weir \"x\"", "1.2.3"}, two));
  const Json& resource = json["resourceSpans"][0];
  CHECK(text(resource["resource"], "service.name") == R"("weir \"x\"")");
  CHECK(text(resource["resource"], "service.version") == R"("1.2.3")");
  const Json& scope = resource["scopeSpans"][0];
  CHECK(scope["scope"] == Json{{"name", "weir"}, {"version", "1.2.3"}});
  CHECK(scope["spans"].size() == 10);
  const Json& span = scope["spans"][0];
  CHECK(span["traceId"] == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(span["spanId"] == "00f067aa0ba902b7");
  CHECK(span["parentSpanId"] == "1111222233334444");
  CHECK(span["name"] == "GET");
  CHECK(span["kind"] == 2);
  CHECK(span["startTimeUnixNano"] == "1700000000023999999");
  CHECK(span["endTimeUnixNano"] == "1700000000123999999");
  CHECK_FALSE(span.contains("status"));
  CHECK(attribute(span, "http.response.status_code") == Json{{"intValue", "200"}});
  CHECK(attribute(span, "weir.connection_reused") == Json{{"boolValue", true}});
  CHECK(attribute(span, "http.response.size") == Json{{"intValue", "18446744073709551615"}});
}

TEST_CASE("the attributes are those of the conventions for HTTP servers") {
  const Json span = spans_of(make_span(complete_record(), facts()))[0];
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"http.request.method", R"("GET")"},
      {"http.request.method_original", "(none)"},
      {"url.scheme", R"("http")"},
      {"url.path", R"("/a")"},
      {"url.query", R"("b=c")"},
      {"server.address", R"("example.com")"},
      {"server.port", R"("8080")"},
      {"client.address", R"("2001:db8::1")"},
      {"network.peer.address", R"("10.9.9.9")"},
      {"network.peer.port", R"("51000")"},
      {"network.protocol.version", R"("1.1")"},
      {"user_agent.original", R"("curl/8")"},
      {"http.response.status_code", R"("200")"},
      {"error.type", "(none)"},
      {"weir.listener", R"("web")"},
      {"weir.rule", R"("default")"},
      {"weir.action", R"("forward")"},
      {"weir.request_id", R"("1-2")"},
      {"weir.target_group", R"("app")"},
      {"weir.target", R"("10.0.1.10:8080")"},
      {"weir.target_id", R"("app-1")"},
      {"weir.zone", R"("az-1")"},
      {"weir.target_status", R"("200")"},
      {"weir.attempts", R"("2")"},
  };
  for (const auto& [name, value] : rows) {
    CAPTURE(name);
    CHECK(text(span, name) == value);
  }
}

TEST_CASE("method, authority and status become what the conventions make of them") {
  struct Row {
    std::string method, authority;
    unsigned status;
    std::string reason;
    bool failed;
    std::string name, host, port, code, error;
    bool is_error;
  };
  const Row rows[] = {
      {"POST", "a:81", 404, "", false, "POST", R"("a")", R"("81")", R"("404")", "(none)", false},
      {"BREW", "[::1]:81", 500, "", true, "HTTP", R"("::1")", R"("81")", R"("500")", R"("500")", true},
      {"get", "[::1]", 503, "queue_full", true, "HTTP", R"("::1")", R"("8080")", R"("503")",
       R"("queue_full")", true},
      {"GET", "", 400, "BadHost", false, "GET", "(none)", "(none)", R"("400")", R"("BadHost")", false},
      {"GET", "a", 460, "client_gone", false, "GET", R"("a")", R"("8080")", "(none)", R"("client_gone")",
       false},
      {"GET", "a", 200, "response_truncated", true, "GET", R"("a")", R"("8080")", R"("200")",
       R"("response_truncated")", true},
      {"", "a", 0, "malformed", false, "HTTP", R"("a")", R"("8080")", "(none)", R"("malformed")", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.method);
    CAPTURE(row.status);
    AccessRecord record = complete_record();
    record.method = row.method;
    record.authority = row.authority;
    record.status = row.status;
    record.reason = row.reason;
    SpanFacts its_facts = facts();
    its_facts.failed = row.failed;
    const Json span = spans_of(make_span(record, its_facts))[0];
    CHECK(span["name"] == row.name);
    CHECK(text(span, "server.address") == row.host);
    CHECK(text(span, "server.port") == row.port);
    CHECK(text(span, "http.response.status_code") == row.code);
    CHECK(text(span, "error.type") == row.error);
    CHECK(span.contains("status") == row.is_error);
    if (row.is_error) CHECK(span["status"]["code"] == 2);
    const bool known = row.name != "HTTP";
    CHECK(text(span, "http.request.method") == (known ? '"' + row.method + '"' : R"("_OTHER")"));
  }
}

TEST_CASE("a call of gRPC has its status, and fails by it") {
  AccessRecord record = complete_record();
  record.status = 200;
  record.reason = "";
  CHECK(text(spans_of(make_span(record, facts()))[0], "rpc.system") == "(none)");
  record.grpc_status = 14;
  SpanFacts its_facts = facts();
  its_facts.failed = true;
  const Json failed = spans_of(make_span(record, its_facts))[0];
  CHECK(text(failed, "rpc.system") == R"("grpc")");
  CHECK(text(failed, "rpc.grpc.status_code") == R"("14")");
  CHECK(text(failed, "error.type") == R"("UNAVAILABLE")");
  record.grpc_status = 5;
  const Json answered = spans_of(make_span(record, facts()))[0];
  CHECK(text(answered, "rpc.grpc.status_code") == R"("5")");
  CHECK(text(answered, "error.type") == "(none)");
}

TEST_CASE("the stages hang below their span, each with an id of its own") {
  AccessRecord record = complete_record();
  record.total = 100ms;
  record.connect = 10ms;
  record.first_byte = kNotReached;
  record.reason = "response_timeout";
  record.status = 504;
  SpanFacts its_facts = facts();
  its_facts.failed = true;
  its_facts.times = {0ms, 50ms, 0ms};
  const base::WallTime began = record.time - record.total;
  its_facts.failed_tries = {{began, began + 50ms, "connect_refused", "10.0.0.1:80"}};
  const Json spans = spans_of(make_span(record, its_facts));
  REQUIRE(spans.size() == 4);
  std::set<std::string> ids;
  for (const Json& span : spans) {
    ids.insert(span["spanId"]);
    CHECK(span["spanId"].get<std::string>().find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(span["spanId"].get<std::string>().size() == 16);
    CHECK(span["traceId"] == spans[0]["traceId"]);
    if (&span != &spans[0]) CHECK(span["parentSpanId"] == spans[0]["spanId"]);
  }
  CHECK(ids.size() == 4);
  CHECK(spans[1]["name"] == "failed attempt");
  CHECK(spans[1]["kind"] == 3);
  CHECK(text(spans[1], "weir.target") == R"("10.0.0.1:80")");
  CHECK(text(spans[1], "error.type") == R"("connect_refused")");
  CHECK(spans[1]["status"] == Json{{"code", 2}, {"message", "connect_refused"}});
  CHECK(spans[2]["name"] == "connect");
  CHECK(spans[2]["kind"] == 1);
  CHECK_FALSE(spans[2].contains("status"));
  CHECK(spans[3]["name"] == "first byte");
  CHECK(spans[3]["status"] == Json{{"code", 2}, {"message", "response_timeout"}});
}

TEST_CASE("a span without a parent begins its trace") {
  SpanFacts its_facts = facts();
  its_facts.parent.reset();
  CHECK_FALSE(spans_of(make_span(complete_record(), its_facts))[0].contains("parentSpanId"));
}

TEST_CASE("hostile bytes stay inside of their strings") {
  SpanFacts its_facts = facts();
  its_facts.peer = kHostile;
  const AccessRecord record = hostile_record();
  const base::WallTime began = record.time - record.total;
  its_facts.failed_tries = {{began, began + 1ms, "reset", std::string(kHostile)}};
  const Json spans = spans_of(make_span(record, its_facts));
  CHECK(spans[0]["name"] == "HTTP");
  for (const char* name : {"url.path", "user_agent.original", "weir.rule", "http.request.method_original"}) {
    CHECK(attribute(spans[0], name)["stringValue"].get<std::string>().starts_with("\"}\n{\" - \r\\xff"));
  }
}

TEST_CASE("no ids of children are the same") {
  std::set<SpanId> ids;
  for (unsigned number = 1; number <= 16; ++number) {
    ids.insert(child_id(digits<16>("00f067aa0ba902b7"), number));
    ids.insert(child_id(digits<16>("00f067aa0ba902b8"), number));
  }
  CHECK(ids.size() == 32);
}

}  // namespace weir::observe
