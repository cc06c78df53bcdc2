#include "lb/admin/router.h"

#include <doctest/doctest.h>

#include <array>

#include "lb/admin/percent.h"
#include "lb/admin/query.h"

using weir::admin::Access;
using weir::admin::decode_percent;
using weir::admin::encode_percent;
using weir::admin::match;
using weir::admin::query_value;
using weir::admin::Response;
using weir::admin::Route;
using weir::admin::RoutedRequest;
using weir::admin::RouteMatch;
using weir::http::Method;

namespace {

Response nothing(const RoutedRequest&) { return {}; }

constexpr Route kRoutes[] = {
    {Method::get, "/a", Access::probe, nothing},
    {Method::put, "/groups/{}/targets/{}", Access::change, nothing},
    {Method::delete_, "/groups/{}/targets/{}", Access::change, nothing},
    {Method::post, "/groups/{}/targets/{}/drain", Access::change, nothing},
};

RouteMatch find(Method method, const std::string& path) {
  const std::array<std::span<const Route>, 1> families{kRoutes};
  return match(families, method, path);
}

}  // namespace

TEST_CASE("a path finds its pattern and hands over the decoded segments") {
  const RouteMatch found = find(Method::put, "/groups/app/targets/unix:%2Frun%2Fa%20b.sock");
  REQUIRE(found.route != nullptr);
  CHECK(found.route->pattern == "/groups/{}/targets/{}");
  CHECK(found.captures == std::vector<std::string>{"app", "unix:/run/a b.sock"});
  CHECK(found.access == Access::change);
  CHECK(find(Method::delete_, "/groups/app/targets/[::1]:80").captures.at(1) == "[::1]:80");
  CHECK(find(Method::delete_, "/groups/app/targets/%5B::1%5d:80").captures.at(1) == "[::1]:80");
  CHECK(find(Method::head, "/a").route == &kRoutes[0]);
}

TEST_CASE("a path that fits no pattern is no path") {
  for (const char* path :
       {"", "*", "/", "//a", "/a/", "/b", "/%61", "/groups/app/targets", "/groups/app/targets/",
        "/groups//targets/x", "/groups/app/targets/x/", "/groups/app/targets/x/drain/",
        "/groups/app/targets/unix:/run/a.sock", "/groups/app/targets/x/y/drain"}) {
    CAPTURE(path);
    CHECK(find(Method::get, path).allow.empty());
    CHECK(find(Method::post, path).route == nullptr);
  }
}

TEST_CASE("a method that a path does not take is answered with those that it takes") {
  CHECK(find(Method::post, "/a").allow == "GET, HEAD");
  CHECK(find(Method::post, "/a").route == nullptr);
  CHECK(find(Method::get, "/groups/app/targets/x").allow == "PUT, DELETE");
  CHECK(find(Method::get, "/groups/app/targets/x/drain").allow == "POST");
}

TEST_CASE("a segment with a bad escape or a control character is not well encoded") {
  for (const char* segment : {"%", "%4", "%zz", "a%0ab", "%00", "%7f", "%1B"}) {
    CAPTURE(segment);
    CHECK_FALSE(find(Method::put, std::string("/groups/app/targets/") + segment).well_encoded);
  }
  CHECK(find(Method::put, "/groups/app/targets/%25").captures.at(1) == "%");
}

TEST_CASE("what is encoded for a path is one segment and decodes to itself") {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  CHECK(encode_percent(all).find('/') == std::string::npos);
  CHECK(decode_percent(encode_percent(all)) == all);
  CHECK(encode_percent("[::1]:80") == "%5B::1%5D:80");
  CHECK(encode_percent("unix:/run/a") == "unix:%2Frun%2Fa");
}

TEST_CASE("a parameter of a query is found by its whole name, once") {
  CHECK(query_value("group=app", "group").value() == "app");
  CHECK(query_value("a=1&group=a%20b&c", "group").value() == "a b");
  CHECK(query_value("group", "group").value() == "");
  CHECK_FALSE(query_value("", "group").value().has_value());
  CHECK_FALSE(query_value("groups=a&xgroup=b&&", "group").value().has_value());
  CHECK(query_value("group=a&group=a", "group").error() == "is given twice");
  CHECK_FALSE(query_value("group=%g0", "group").has_value());
}
