#include "lb/explain/explanation.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "lb/net/tls_identity.h"
#include "tests/support/certificates.h"
#include "tests/unit/explain/world.h"

namespace weir::explain {
namespace {

using test::File;

constexpr const char* kRules = R"(
listeners:
  web:
    bind: "127.0.0.1:8080"
    sources: { deny: [ 203.0.113.0/24 ] }
    forwarded: { trust: [ 10.0.0.0/8 ] }
    limits: { body_bytes: 1KiB }
    rules:
      - { name: host, match: { host: "*.example.com" }, forward: app }
      - { name: path, match: { path: ["/v1/*", "=/health"] }, forward: app }
      - { name: method, match: { method: [PUT, DELETE] }, forward: app }
      - { name: header, match: { header: { x-tenant: "acme-*" } }, forward: app }
      - { name: query, match: { query: { version: "2" } }, forward: app }
      - { name: cookie, match: { cookie: { beta: "*" } }, forward: app }
      - { name: source, match: { source: 192.0.2.0/24 }, forward: app }
      - name: shop
        match: { path: "/shop/*" }
        rewrite: { host: shop.internal, path: { strip_prefix: /shop } }
        headers: { request: { set: { x-rule: "#{rule}" } } }
        forward: app
      - { name: old, match: { path: "/old" }, redirect: { path: "/new" } }
      - { name: loop, match: { path: "/loop" }, redirect: { status: 301 } }
      - { name: closed, match: { path: "/closed" }, respond: { status: 503, body: "back at nine" } }
    forward: app
target_groups:
  app: { targets: [ { address: "10.0.1.1:80", id: one, zone: a } ] }
)";

std::vector<std::string> failed_conditions(const Explanation& explanation) {
  std::vector<std::string> conditions;
  for (const RuleTrace& rule : explanation.rules)
    conditions.push_back(rule.failed ? to_string(*rule.failed) : "matches");
  return conditions;
}

bool has_line(const HeadLines& head, std::string_view line) {
  return std::ranges::find(head, line) != head.end();
}

TEST_CASE("each rule before the one that matches says which condition failed and what it saw") {
  File file(kRules);
  const Explanation all = file(
      {.url = "http://x.org:8080/shop/Cart?a=1", .headers = {{"Cookie", "gamma=1"}, {"X-Tenant", "other"}}});
  CHECK(failed_conditions(all) == std::vector<std::string>{
                                      R"(host is "x.org"; wanted: *.example.com)",
                                      R"(path is "/shop/Cart"; wanted: /v1/* or =/health)",
                                      R"(method is "GET"; wanted: PUT or DELETE)",
                                      R"(header x-tenant is "other"; wanted: acme-*)",
                                      R"(query version is absent; wanted: 2)",
                                      R"(cookie beta is absent; wanted: *)",
                                      R"(source is "127.0.0.1"; wanted: 192.0.2.0/24)",
                                      "matches",
                                  });
  CHECK(all.rule == "shop");
  CHECK(all.rules_behind == 3);
  CHECK(all.rules[7].place.line == 17);
  CHECK(all.listener_why == "bound to port 8080");
  CHECK(all.sources == "allowed");
}

TEST_CASE("what a target would be sent is the request after rewrites and header edits") {
  File file(kRules);
  const Explanation shop = file({.url = "http://x.org/shop/cart?a=1", .from = "198.51.100.7"});
  REQUIRE(shop.sent);
  CHECK(shop.sent->target == "one");
  CHECK(shop.sent->address == "10.0.1.1:80");
  CHECK(shop.sent->head.front() == "GET /cart?a=1 HTTP/1.1");
  for (const char* const line : {"Host: shop.internal", "X-Forwarded-For: 198.51.100.7",
                                 "X-Forwarded-Port: 8080", "X-Forwarded-Host: x.org", "x-rule: shop"}) {
    CHECK_MESSAGE(has_line(shop.sent->head, line), line);
  }
  REQUIRE(shop.rewrites.size() == 2);
  CHECK(shop.rewrites[0].to == "shop.internal");
  CHECK(shop.rewrites[1].to == "/cart?a=1");
  CHECK_FALSE(shop.answer);
}

TEST_CASE("the client is who a trusted peer says") {
  File file(kRules);
  const Explanation it =
      file({.url = "http://x.org/", .headers = {{"X-Forwarded-For", "192.0.2.5"}}, .from = "10.1.1.1"});
  CHECK(it.client == "192.0.2.5");
  CHECK(it.rule == "source");
  CHECK(file({.url = "http://x.org/", .headers = {{"X-Forwarded-For", "192.0.2.5"}}}).rule == "default");
}

TEST_CASE("time that passes between two questions changes no answer") {
  File file(kRules);
  for (int i = 0; i < 4; ++i) {
    const Explanation shop = file({.url = "http://x.org/shop/cart"});
    CHECK(shop.sent);
    CHECK_FALSE(shop.answer);
    file.clock.advance(std::chrono::seconds(5));
  }
}

TEST_CASE("what weir answers itself is shown as the client would get it") {
  File file(kRules);
  const Explanation old = file({.url = "http://x.org/old"});
  REQUIRE(old.answer);
  CHECK(old.action == "redirect");
  CHECK(old.answer->status == 302);
  CHECK(old.answer->why == "");
  CHECK(has_line(old.answer->head, "Location: http://x.org/new"));
  const Explanation closed = file({.url = "http://x.org/closed"});
  REQUIRE(closed.answer);
  CHECK(closed.answer->status == 503);
  CHECK(closed.answer->body == "back at nine");
  CHECK(closed.answer->why == "");
  const Explanation loop = file({.url = "http://x.org:8080/loop"});
  REQUIRE(loop.answer);
  CHECK(loop.answer->status == 500);
  CHECK(loop.answer->why == "redirect_invalid");
}

TEST_CASE("what is refused before any rule is said with the reason") {
  struct Row {
    Asked asked;
    unsigned status;
    const char* why;
  };
  const Row rows[] = {
      {{.url = "http://x.org/", .from = "203.0.113.9"}, 403, "source_denied"},
      {{.url = "http://x.org/", .method = "TRACE"}, 405, "method_not_allowed"},
      {{.url = "http://x.org/", .method = "POST", .headers = {{"Content-Length", "2000"}}},
       413,
       "body_too_large"},
      {{.url = "http://x.org/", .headers = {{"Host", "a"}, {"Host", "b"}}}, 400, "repeated_host"},
      {{.url = "http://x.org/",
        .method = "POST",
        .headers = {{"Content-Length", "2"}, {"Transfer-Encoding", "chunked"}}},
       400,
       "BothTeClPresent"},
  };
  File file(kRules);
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const Explanation it = file(row.asked);
    REQUIRE(it.answer);
    CHECK(it.answer->status == row.status);
    CHECK(it.answer->why == row.why);
    CHECK_FALSE(it.rule);
    CHECK(it.rules.empty());
    CHECK(it.groups.empty());
    CHECK_FALSE(it.sent);
  }
}

TEST_CASE("a request with content that has not come is shown all the same") {
  File file(kRules);
  const Explanation it = file({.url = "http://x.org/",
                               .method = "POST",
                               .headers = {{"Content-Length", "20"}, {"Expect", "100-continue"}}});
  REQUIRE(it.sent);
  CHECK(has_line(it.sent->head, "Content-Length: 20"));
}

TEST_CASE("each target that gets nothing says why") {
  File file(R"(
listeners: { web: { bind: "127.0.0.1:8080", forward: app } }
target_groups:
  app:
    cross_zone: off
    targets:
      - { address: "10.0.1.1:80", zone: a, weight: 3 }
      - { address: "10.0.1.2:80", zone: a }
      - { address: "10.0.1.3:80", zone: a, weight: 0 }
      - { address: "10.0.1.4:80", zone: b }
)");
  const Explanation it = file({.url = "http://x.org:8080/"});
  REQUIRE(it.groups.size() == 1);
  const auto& targets = it.groups[0].targets;
  REQUIRE(targets.size() == 4);
  CHECK_FALSE(targets[0].excluded);
  CHECK(targets[0].part == doctest::Approx(0.75));
  CHECK(targets[0].effective == doctest::Approx(3));
  CHECK_FALSE(targets[1].excluded);
  CHECK(targets[2].excluded->reason == "weight_0");
  CHECK(targets[3].excluded->reason == "other_zone");
  CHECK(targets[3].excluded->detail == "cross_zone is off, and this node stands in a");
  CHECK(std::ranges::count(targets, true, &TargetTrace::picked) == 1);
}

TEST_CASE("a name stands for a target without an address, and the request is shown") {
  File file(R"(
listeners: { web: { bind: "127.0.0.1:8080", forward: app } }
target_groups: { app: { targets: [ { dns: app.internal, port: 80 } ] } }
)");
  const Explanation it = file({.url = "http://x.org:8080/"});
  REQUIRE(it.sent);
  CHECK(it.sent->target == "app.internal:80");
  CHECK(it.groups[0].targets[0].known.state == "not looked up");
}

TEST_CASE("what is about a connection is not shown as sent by HTTP/2") {
  for (const bool http2 : {false, true}) {
    CAPTURE(http2);
    File file(
        "listeners: { web: { bind: \"127.0.0.1:8080\", forward: app } }\n"
        "target_groups: { app: { " +
        std::string(http2 ? "http2: on, " : "") + "health_check: off, targets: \"10.0.0.1:80\" } }\n");
    const Explanation it = file({.url = "http://x.org:8080/a",
                                 .headers = {{"Connection", "Upgrade"},
                                             {"Upgrade", "websocket"},
                                             {"Sec-WebSocket-Version", "13"},
                                             {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}}});
    REQUIRE(it.sent);
    CHECK(field_of(it.sent->head, "Upgrade") == (http2 ? "" : "websocket"));
    CHECK(field_of(it.sent->head, "Connection") == (http2 ? "" : "upgrade"));
    CHECK(std::ranges::any_of(it.notes, [](const std::string& note) {
            return note.ends_with("the request to upgrade is not passed on.");
          }) == http2);
    const Explanation posted =
        file({.url = "http://x.org:8080/a", .method = "POST", .headers = {{"Transfer-Encoding", "chunked"}}});
    REQUIRE(posted.sent);
    CHECK(field_of(posted.sent->head, "Transfer-Encoding") == (http2 ? "" : "chunked"));
  }
}

TEST_CASE("how the target is spoken to is told: HTTP/2, TLS and the PROXY protocol") {
  struct Row {
    const char* settings;
    bool http2;
    std::optional<std::string> server_name;
    bool verified;
    std::string_view proxy_protocol;
  };
  for (const Row& row : {
           Row{"", false, std::nullopt, false, "off"},
           Row{"http2: on, proxy_protocol: v1, ", true, std::nullopt, false, "v1"},
           Row{"protocol: https, http2: on, ", true, "x.org", true, "off"},
           Row{"protocol: https, tls: { verify: off, server_name: a.internal }, proxy_protocol: v2, ", false,
               "a.internal", false, "v2"},
           Row{"protocol: https, preserve_host: off, ", false, "10.0.0.1", true, "off"},
       }) {
    CAPTURE(row.settings);
    File file(
        "listeners: { web: { bind: \"127.0.0.1:8080\", forward: app } }\n"
        "target_groups: { app: { " +
        std::string(row.settings) + "health_check: off, targets: \"10.0.0.1:80\" } }\n");
    const Explanation it = file({.url = "http://x.org:8080/a"});
    REQUIRE(it.sent);
    CHECK(it.sent->approach.http2 == row.http2);
    CHECK(it.sent->approach.server_name == row.server_name);
    CHECK(it.sent->approach.verified == row.verified);
    CHECK(word(it.sent->approach.proxy_protocol) == row.proxy_protocol);
    CHECK(it.sent->head.front() == (row.http2 ? "GET /a HTTP/2" : "GET /a HTTP/1.1"));
  }
}

TEST_CASE("the listener is the one that is named, that has the port, or the only one") {
  File file(R"(
listeners:
  a: { bind: "127.0.0.1:8080", forward: app }
  b: { bind: ["127.0.0.2:8080", "127.0.0.1:8081"], forward: app }
target_groups: { app: { targets: [ "10.0.1.1:80" ] } }
)");
  CHECK(file({.url = "http://x/", .listener = "b"}).listener == "b");
  CHECK(file({.url = "http://x:8081/"}).listener == "b");
  CHECK(file({.url = "http://127.0.0.2:8080/"}).listener == "b");
  const auto ambiguous = file.ask({.url = "http://x:8080/"});
  REQUIRE_FALSE(ambiguous);
  CHECK(ambiguous.error().field == "listener");
  CHECK(ambiguous.error().message == "several listeners are bound to port 8080; name one of 'a', 'b'");
  CHECK(file.ask({.url = "http://x/"}).error().message ==
        "no listener is bound to port 80; name one of 'a', 'b'");
  CHECK(file.ask({.url = "http://x/", .listener = "c"}).error().message ==
        "there is no listener 'c'; there is 'a', 'b'");
}

// Files are named, and never read.
constexpr const char* kSecure = R"(
listeners:
  clear: { bind: ["127.0.0.1:8080", "127.0.0.1:9000"], forward: app }
  secure:
    bind: ["127.0.0.2:8443", "127.0.0.2:9000"]
    protocol: https
    proxy_protocol: accept
    tls: { certificates: { cert: c.pem, key: k.pem }, client_auth: { mode: required, ca: ca.pem } }
    forward: app
target_groups: { app: { targets: [ "10.0.1.1:80" ] } }
)";

constexpr const char* kThreeCertificates = R"(
listeners:
  clear: { bind: "127.0.0.1:8080", forward: app }
  secure:
    bind: 127.0.0.1:8443
    protocol: https
    tls:
      certificates:
        - { cert: /x.pem, key: /x.key }
        - { cert: /y.pem, key: /y.key }
        - { cert: /y2.pem, key: /y2.key }
    forward: app
target_groups: { app: { targets: [ "10.0.1.1:80" ] } }
)";

TEST_CASE("of several listeners the one is meant that speaks the scheme of the URL") {
  File file(kSecure);
  struct Row {
    const char* url;
    const char* listener;
    const char* why;
  };
  for (const Row& row : {Row{"https://x.org:9000/", "secure", "bound to port 9000"},
                         Row{"http://x.org:9000/", "clear", "bound to port 9000"},
                         Row{"https://x.org/", "secure", "the only one with TLS"},
                         Row{"http://x.org/", "clear", "the only one without TLS"},
                         Row{"https://127.0.0.1:9000/", "clear", "bound to port 9000"},
                         Row{"https://x.org:8080/", "clear", "bound to port 8080"},
                         Row{"http://x.org:8443/", "secure", "bound to port 8443"}}) {
    CAPTURE(row.url);
    const Explanation it = file({.url = row.url});
    CHECK(it.listener == row.listener);
    CHECK(it.listener_why == row.why);
  }
}

TEST_CASE("a client of https is shown the certificates of its name, or the default") {
  File file(kThreeCertificates);
  const auto identity = [](const weir::test::CertificateSpec& spec) {
    const weir::test::Certificate issued = weir::test::self_signed(spec);
    auto read = net::read_tls_identity(issued.certificate, issued.key);
    REQUIRE(read);
    return net::TlsCertificate{.identity = *std::move(read), .staple = {}};
  };
  std::vector<net::TlsCertificate> list;
  list.push_back(identity({.names = {"x.org"}}));
  list.push_back(identity({.names = {"*.y.org", "y.org"}, .key = weir::test::KeyKind::ed25519}));
  list.push_back(identity({.names = {"*.y.org"}}));
  const net::TlsCertificates certificates(std::move(list));
  file.world.certificates = [&](const std::string& listener) {
    return listener == "secure" ? &certificates : nullptr;
  };
  struct Row {
    const char* url;
    const char* server_name;
    bool by_name;
    std::vector<std::string> files;
  };
  for (const Row& row : {Row{"https://X.org/", "x.org", true, {"/x.pem"}},
                         Row{"https://a.y.org/", "a.y.org", true, {"/y.pem", "/y2.pem"}},
                         Row{"https://y.org/", "y.org", true, {"/y.pem"}},
                         Row{"https://a.b.y.org/", "a.b.y.org", false, {"/x.pem"}},
                         Row{"https://192.0.2.1/", "", false, {"/x.pem"}}}) {
    CAPTURE(row.url);
    const Explanation it = file({.url = row.url});
    REQUIRE(it.tls);
    CHECK(it.tls->server_name == row.server_name);
    CHECK(it.tls->by_name == row.by_name);
    std::vector<std::string> files;
    for (const CertificateTrace& one : it.tls->certificates) files.push_back(one.file);
    CHECK(files == row.files);
  }
  const Explanation two = file({.url = "https://a.y.org/"});
  CHECK(two.tls->certificates[0].key_type == "ed25519");
  CHECK(two.tls->certificates[1].key_type == "ecdsa");
  CHECK(two.tls->certificates[0].subject == "CN=*.y.org");
  CHECK(two.tls->certificates[0].names == std::vector<std::string>{"*.y.org", "y.org"});
  CHECK(two.tls->certificates[0].not_after > weir::test::present());

  CHECK_FALSE(file({.url = "http://x.org/", .listener = "secure"}).tls);
  CHECK_FALSE(file({.url = "https://x.org/", .listener = "clear"}).tls);
  file.world.certificates = [](const std::string&) { return nullptr; };
  file.world.certificates_error = "the file cannot be read";
  const Explanation unknown = file({.url = "https://x.org/"});
  CHECK_FALSE(unknown.tls);
  CHECK(std::ranges::find(unknown.notes,
                          "The listener's certificates are not known: the file cannot be "
                          "read.") != unknown.notes.end());
}

TEST_CASE("a request in the clear is refused where TLS is spoken, with the URL that it should go to") {
  File file(kSecure);
  const Explanation it = file({.url = "http://x.org:8443/a?b=c"});
  REQUIRE(it.answer);
  CHECK(it.answer->status == 400);
  CHECK(it.answer->why == "plain_http");
  CHECK(it.answer->body.contains("https://x.org:8443/a?b=c"));
  CHECK_FALSE(it.rule);
  CHECK(it.groups.empty());
  const Explanation head = file({.url = "http://x.org:8443/", .method = "HEAD"});
  REQUIRE(head.answer);
  CHECK(head.answer->why == "plain_http");
  CHECK(head.answer->body == "");
}

TEST_CASE("over TLS, and whatever a PROXY header says, a request goes its way") {
  File file(kSecure);
  const Explanation it = file({.url = "https://x.org:8443/", .from = "192.0.2.7"});
  REQUIRE(it.sent);
  CHECK(it.rule == "default");
  CHECK(has_line(it.sent->head, "X-Forwarded-For: 192.0.2.7"));
  CHECK(has_line(it.sent->head, "X-Forwarded-Proto: https"));
  CHECK(std::ranges::count(it.notes, "The client is who the PROXY header of the connection names.") == 1);
  CHECK(std::ranges::count(it.notes,
                           "Only a client with a certificate comes this far (client_auth: required).") == 1);
}

TEST_CASE("where clients show certificates, a request for another host than that of the URL is misdirected") {
  File file(kSecure);
  CHECK(file({.url = "https://x.org:8443/", .headers = {{"Host", "X.org:8443"}}}).sent);
  const Explanation it = file({.url = "https://x.org:8443/", .headers = {{"Host", "y.org"}}});
  REQUIRE(it.answer);
  CHECK(it.answer->status == 421);
  CHECK(it.answer->why == "misdirected");
}

TEST_CASE("a URL of https on a listener without TLS says that something has to stand before it") {
  File file(kSecure);
  const std::string note = "The listener has no TLS: what stands before it has to end that of the client.";
  const Explanation it = file({.url = "https://x.org:8080/"});
  CHECK(it.sent);
  CHECK(std::ranges::count(it.notes, note) == 1);
  CHECK(std::ranges::count(file({.url = "http://x.org:8080/"}).notes, note) == 0);
}

}  // namespace
}  // namespace weir::explain
