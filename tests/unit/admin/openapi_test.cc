#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <map>

#include "lb/admin/endpoints.h"
#include "lb/admin/handler.h"
#include "tests/unit/admin/request.h"

using nlohmann::json;
using weir::admin::Access;
using weir::admin::all_routes;
using weir::admin::Gate;
using weir::admin::handle;
using weir::admin::Response;
using weir::admin::Route;
using weir::base::SocketAddress;
using weir::http::Method;

namespace {

// "GET /groups/{}/targets/{}" -> "change"
using Operations = std::map<std::string, std::string>;

std::string word(Method method) {
  switch (method) {
    case Method::get: return "get";
    case Method::put: return "put";
    case Method::post: return "post";
    case Method::delete_: return "delete";
    default: return "?";
  }
}

std::string word(Access access) {
  switch (access) {
    case Access::probe: return "probe";
    case Access::read: return "read";
    case Access::change: return "change";
  }
  return "?";
}

json document() { return json::parse(weir::admin::openapi_files().front().content); }

// "/groups/{group}" -> "/groups/{}"
std::string without_names(const std::string& path) {
  std::string result;
  bool inside = false;
  for (const char c : path) {
    inside = inside && c != '}';
    if (!inside) result += c;
    inside = inside || c == '{';
  }
  return result;
}

Operations documented() {
  Operations found;
  const json whole = document();
  for (const auto& [path, item] : whole["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method == "parameters") continue;
      found.emplace(method + " " + without_names(path), operation["x-weir-access"]);
    }
  }
  return found;
}

Operations routed() {
  Operations found;
  for (const auto& family : all_routes()) {
    for (const Route& route : family)
      found.emplace(word(route.method) + " " + std::string(route.pattern), word(route.access));
  }
  return found;
}

Response ask(const std::vector<std::pair<std::string, std::string>>& fields = {}) {
  const auto head = request_head(Method::get, "/api/v1/openapi.json", "10.0.0.1:9900", fields);
  return handle({head, {}}, {}, Gate(SocketAddress::parse("10.0.0.1:9900").value(), "the-token"), {});
}

}  // namespace

TEST_CASE("the description has every path and method that the router has, with its access, and no other") {
  CHECK(routed().size() >= 20);
  CHECK(documented() == routed());
}

TEST_CASE("the description is served to anybody, and not again to who has it") {
  const Response whole = ask();
  CHECK(whole.status == 200);
  CHECK(whole.content_type == "application/json");
  CHECK(json::parse(whole.body)["openapi"] == "3.1.0");
  REQUIRE(whole.fields.at(0).first == "ETag");
  const Response known = ask({{"If-None-Match", whole.fields.at(0).second}});
  CHECK(known.status == 304);
  CHECK(known.body.empty());
}

TEST_CASE("what the description says of the token is what its access means") {
  const json whole = document();
  for (const auto& [path, item] : whole["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method == "parameters") continue;
      CAPTURE(path);
      CAPTURE(method);
      const bool open = operation["x-weir-access"] == "probe";
      CHECK(operation["security"].size() == (open ? 1 : 2));
      CHECK(operation["responses"].contains("401") == !open);
      CHECK(operation["responses"].contains("403"));
      CHECK(operation["responses"].contains("default"));
    }
  }
}
