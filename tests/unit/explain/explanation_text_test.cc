#include "lb/explain/explanation_text.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "lb/explain/explanation_json.h"
#include "tests/unit/explain/world.h"

namespace weir::explain {
namespace {

using test::File;

std::string text_of(const Explanation& explanation) {
  const auto text = explanation_text(to_json(explanation), admin::Colour::off);
  REQUIRE(text);
  return *text;
}

constexpr const char* kShop = R"(
listeners:
  web:
    bind: "127.0.0.1:8080"
    request_id: off
    trace: []
    rules:
      - { name: api, match: { path: "/api/*", header: { x-tenant: [ acme, "zeta-*" ] } }, forward: app }
      - name: shop
        match: { path: "/shop/*" }
        rewrite: { path: { strip_prefix: /shop } }
        forward: { groups: { app: 1 } }
      - { name: late, match: { path: "/late" }, respond: { status: 404 } }
    forward: app
target_groups:
  app:
    algorithm: round_robin
    targets:
      - { address: "10.0.1.1:80", id: one }
      - { address: "10.0.1.2:80", weight: 0 }
)";

TEST_CASE("the text of a request that is forwarded") {
  File file(kShop);
  CHECK(text_of(file({.url = "http://x.org:8080/shop/a", .headers = {{"X-A", "b"}}})) ==
        R"(request     GET http://x.org:8080/shop/a
            X-A: b
from        127.0.0.1
listener    web (bound to port 8080) of lb.yaml
rules
  1. api (line 9)
     no: path is "/shop/a", wanted /api/*
  2. shop (line 10)
     matches
  1 more is not asked
action      forward to app
rewrite     path /shop/a -> /a

target group app (chosen), round_robin
     TARGET  ADDRESS      ZONE  STATE        WEIGHT  IN FLIGHT  SCORE
  >  one     10.0.1.1:80        not checked       1          0      1
  x 10.0.1.2:80: weight 0
  score: weight; each in turn, as often as that

sent to one at 10.0.1.1:80
  > GET /a HTTP/1.1
  > Host: x.org:8080
  > X-A: b
  > X-Forwarded-For: 127.0.0.1
  > X-Forwarded-Proto: http
  > X-Forwarded-Port: 8080
  > X-Forwarded-Host: x.org:8080
)");
}

TEST_CASE("the text tells how the target is spoken to") {
  File file(R"(
listeners: { web: { bind: "127.0.0.1:8080", forward: app } }
target_groups:
  app: { protocol: https, http2: on, proxy_protocol: v2, tls: { verify: off }, targets: "10.0.1.1:443" }
)");
  CHECK(text_of(file({.url = "http://x.org:8080/a"})).find(R"(
sent to 10.0.1.1:443
  by HTTP/2, over TLS without a look at the certificate of 'x.org', behind a
  PROXY header v2
  > GET /a HTTP/2
)") != std::string::npos);
}

TEST_CASE("the text of a request that weir answers") {
  File file(kShop);
  CHECK(text_of(file({.url = "http://x.org:8080/api/x", .method = "TRACE"})).find(R"(
rules       refused before any rule is asked

answered by weir: method_not_allowed
  < HTTP/1.1 405 Method Not Allowed
)") != std::string::npos);
}

TEST_CASE("nothing of a request reaches the terminal unescaped") {
  File file(kShop);
  for (const char* const bad : {"\x1b[31mred",
                                "\x9b"
                                "31m",
                                "a\tb\x07"}) {
    const std::string text =
        text_of(file({.url = "http://x.org:8080/api/\x9b", .headers = {{"X-Tenant", bad}}}));
    CHECK(std::ranges::none_of(text, [](char c) { return (c >= 0 && c < 0x20 && c != '\n') || c == 0x7f; }));
    CHECK(text.find('\x9b') == std::string::npos);
  }
}

TEST_CASE("lines are no wider than 80 columns where they need not be") {
  File file(kShop);
  const std::string text = text_of(file({.url = "http://x.org:8080/api/x"}));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    CHECK_MESSAGE(end - at <= 80, text.substr(at, end - at));
    at = end + 1;
  }
}

TEST_CASE("another document is none") {
  for (const char* const text : {"", "[]", "{}", R"({"question": 1})"})
    CHECK_FALSE(explanation_text(text, admin::Colour::off));
}

}  // namespace
}  // namespace weir::explain
