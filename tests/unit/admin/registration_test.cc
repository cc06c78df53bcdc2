#include "lb/admin/registration.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using weir::admin::read_registration;
using weir::admin::read_shift;
using weir::admin::Response;
using namespace std::chrono_literals;

namespace {

std::string detail(const Response& response) {
  CHECK(response.status == 400);
  CHECK(response.content_type == "application/problem+json");
  return nlohmann::json::parse(response.body)["detail"];
}

}  // namespace

TEST_CASE("a registration says nothing where the body says nothing") {
  for (const char* body : {"", "{}"}) {
    const auto read = read_registration("[::1]:8080", body);
    REQUIRE(read.has_value());
    CHECK(read->address.to_string() == "[::1]:8080");
    CHECK_FALSE(read->zone);
    CHECK_FALSE(read->weight);
    CHECK_FALSE(read->max_requests);
    CHECK_FALSE(read->id);
  }
}

TEST_CASE("a registration takes zone, weight, max_requests and id") {
  const auto read = read_registration(
      "unix:/run/app.sock", R"( {"zone": "az-1", "weight": 0, "max_requests": 1000000, "id": "[::1]:80"} )");
  REQUIRE(read.has_value());
  CHECK(read->address.to_string() == "unix:/run/app.sock");
  CHECK(read->zone == "az-1");
  CHECK(read->weight == 0);
  CHECK(read->max_requests == 1'000'000);
  CHECK(read->id == "[::1]:80");
}

TEST_CASE("a registration that is wrong is refused by the name of the member") {
  struct Row {
    std::string body;
    std::string detail;
  };
  const std::string object = "the body has to be a JSON object";
  for (const Row& row : {
           Row{"[]", object},
           Row{"null", object},
           Row{"\"x\"", object},
           Row{"{", object},
           Row{"{} {}", object},
           Row{"{'zone': 1}", object},
           Row{"{\"zone\": \"\xff\"}", object},
           Row{R"({"weight": NaN})", object},
           Row{R"({"weight": 1, "weight": 2})", "weight: is given twice"},
           Row{R"({"wieght": 1})", "wieght: is no member that is known here"},
           Row{R"({"address": "1.2.3.4:5"})", "address: is no member that is known here"},
           Row{R"({"\u001b[31m": 1})", R"(\x1b[31m: is no member that is known here)"},
           Row{R"({"weight": 1000})", "weight: expected a number in 0-999, found 1000"},
           Row{R"({"weight": -1})", "weight: expected a number in 0-999, found -1"},
           Row{R"({"weight": 1.5})", "weight: expected a number in 0-999, found 1.5"},
           Row{R"({"weight": 1.0})", "weight: expected a number in 0-999, found 1.0"},
           Row{R"({"weight": "1"})", R"(weight: expected a number in 0-999, found a text)"},
           Row{R"({"weight": true})", "weight: expected a number in 0-999, found true"},
           Row{R"({"weight": null})", "weight: expected a number in 0-999, found null"},
           Row{R"({"weight": 99999999999999999999})", "weight: expected a number in 0-999, found 1e+20"},
           Row{R"({"max_requests": 0})", "max_requests: expected a number in 1-1000000, found 0"},
           Row{R"({"max_requests": [1]})", "max_requests: expected a number in 1-1000000, found a list"},
           Row{R"({"zone": 1})", "zone: expected a text, found 1"},
           Row{R"({"zone": {"a": {}}})", "zone: expected a text, found an object"},
           Row{R"({"zone": ""})", R"(zone: expected 1-64 letters, digits and ._-, found '')"},
           Row{R"({"zone": "az 1"})", R"(zone: expected 1-64 letters, digits and ._-, found 'az 1')"},
           Row{R"({"id": "a\nb"})", R"(id: expected 1-64 letters, digits and ._-:[], found 'a\nb')"},
           Row{R"({"id": "other"})",
               "id: 'other' is reserved: so metrics call the targets without series of their own"},
           Row{R"({"id": "/"})", R"(id: expected 1-64 letters, digits and ._-:[], found '/')"},
       }) {
    CAPTURE(row.body);
    const auto read = read_registration("10.0.0.1:80", row.body);
    REQUIRE_FALSE(read.has_value());
    CHECK(detail(read.error()) == row.detail);
  }
  CHECK_FALSE(read_registration("10.0.0.1:80", "{\"zone\": \"" + std::string(65, 'a') + "\"}").has_value());
  CHECK_FALSE(read_registration("10.0.0.1:80", "{\"zone\": " + std::string(60'000, '[')).has_value());
  const std::string deep = std::string(30'000, '[') + std::string(30'000, ']');
  CHECK_FALSE(read_registration("10.0.0.1:80", "{\"zone\": " + deep + "}").has_value());
  CHECK_FALSE(read_registration("10.0.0.1:80", "{\"x\": " + deep + "}").has_value());
}

TEST_CASE("an address that cannot be a target's is refused") {
  struct Row {
    const char* address;
    const char* detail;
  };
  for (const Row& row :
       {Row{"app.internal:80", "address: "}, Row{"10.0.0.1", "address: expected ADDRESS:PORT"},
        Row{"::1:80", "address: an IPv6 address stands in brackets: [::1]:80"},
        Row{"10.0.0.1:70000", "address: port 70000 is not in 1-65535"},
        Row{"10.0.0.1:0", "address: port 0 is not in 1-65535"},
        Row{"0.0.0.0:80", "address: nobody can be reached at 0.0.0.0"},
        Row{"[::]:80", "address: nobody can be reached at ::"},
        Row{"unix:app.sock", "address: the path of a unix socket starts with '/'"}}) {
    CAPTURE(row.address);
    const auto read = read_registration(row.address, "");
    REQUIRE_FALSE(read.has_value());
    CHECK(detail(read.error()).starts_with(row.detail));
  }
}

TEST_CASE("a shift has a time of 1m to 72h, and may have a reason and force") {
  const auto read = read_shift(R"({"for": "1.5h", "reason": "new switches", "force": true})");
  REQUIRE(read.has_value());
  CHECK(read->time == 90min);
  CHECK(read->reason == "new switches");
  CHECK(read->force);
  CHECK(read_shift(R"({"for": "60s"})")->time == 1min);
  CHECK_FALSE(read_shift(R"({"for": "3d"})")->force);
}

TEST_CASE("a shift that is wrong is refused by the name of the member") {
  struct Row {
    std::string body;
    std::string detail;
  };
  for (const Row& row : {
           Row{"", "for: is required: how long, 1m to 72h"},
           Row{R"({"force": true})", "for: is required: how long, 1m to 72h"},
           Row{R"({"for": 30})", "for: expected a text, found 30"},
           Row{R"({"for": "30"})", R"(for: expected a duration such as 30m or 2h, found '30')"},
           Row{R"({"for": "soon"})", R"(for: expected a duration such as 30m or 2h, found 'soon')"},
           Row{R"({"for": "-5m"})", R"(for: expected a duration such as 30m or 2h, found '-5m')"},
           Row{R"({"for": "59s"})", "for: 59s is not in 1m-72h"},
           Row{R"({"for": "73h"})", "for: 73h is not in 1m-72h"},
           Row{R"({"for": "99999999999999999999d"})", "for: 99999999999999999999d is not in 1m-72h"},
           Row{R"({"for": "5m", "force": 1})", "force: expected true or false, found 1"},
           Row{R"({"for": "5m", "until": "x"})", "until: is no member that is known here"},
           Row{R"({"for": "5m", "reason": ")" + std::string(257, 'x') + "\"}",
               "reason: has more than 256 bytes"},
       }) {
    CAPTURE(row.body);
    const auto read = read_shift(row.body);
    REQUIRE_FALSE(read.has_value());
    CHECK(detail(read.error()) == row.detail);
  }
}

TEST_CASE("a question takes its headers as pairs or as an object, and the rest has defaults") {
  const auto pairs = weir::admin::read_explain(
      R"({"url": "http://x/", "headers": [["A", "1"], ["A", "2"]], "from": "::1", "listener": "web"})");
  REQUIRE(pairs.has_value());
  CHECK(pairs->headers == std::vector<std::pair<std::string, std::string>>{{"A", "1"}, {"A", "2"}});
  CHECK(pairs->method == "GET");
  CHECK(pairs->from == "::1");
  CHECK(pairs->listener == "web");
  const auto object = weir::admin::read_explain(R"({"url": "http://x/", "headers": {"url": "1", "b": "2"}})");
  REQUIRE(object.has_value());
  CHECK(object->headers.size() == 2);
  CHECK(object->from == "127.0.0.1");
}

TEST_CASE("a question that is wrong is refused by the name of the member") {
  struct Row {
    std::string body;
    std::string detail;
  };
  const Row rows[] = {
      {"", "url: is required"},
      {R"({"url": "a", "url": "b"})", "url: is given twice"},
      {R"({"url": "a", "headers": {"b": "c", "b": "d"}})", "b: is given twice"},
      {R"({"url": "a", "headers": "b: c"})",
       "headers: expected a list of [name, value], or an object, of texts"},
      {R"({"url": "a", "headers": [["b", "c", "d"]]})",
       "headers: expected a list of [name, value], or an object, of texts"},
      {R"({"url": "a", "method": null})", "method: expected a text, found null"},
      {R"({"url": "a", "verb": "b"})", "verb: is no member that is known here"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body);
    const auto read = weir::admin::read_explain(row.body);
    REQUIRE_FALSE(read.has_value());
    CHECK(detail(read.error()) == row.detail);
  }
}
