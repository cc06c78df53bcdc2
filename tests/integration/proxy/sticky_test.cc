// Sticky sessions: whom a client with weir's cookie gets to, and what it and the target are sent.

#include <doctest/doctest.h>

#include "lb/sticky/key_file.h"
#include "lb/sticky/rule_cookie.h"
#include "tests/integration/proxy/messages.h"
#include "tests/support/proxy.h"

namespace weir::test {
namespace {

struct Visit {
  std::size_t target = 0;  // who answered
  Message request;
  Message response;
};

std::string cookie_of(const Message& response) {
  const std::string field = response.field("set-cookie");
  return field.substr(0, field.find(';'));
}

// A client's request with this Cookie field (empty: none), over connections of its own.
Visit visit(Proxy& proxy, const std::string& cookie, std::string_view answer = kEmpty,
            const std::string& more = "", const std::string& path = "/") {
  auto client = proxy.connect();
  client->send("GET " + path + " HTTP/1.1\r\nHost: a\r\n" +
               (cookie.empty() ? "" : "Cookie: " + cookie + "\r\n") + more + "\r\n");
  Visit visit;
  std::unique_ptr<Peer> target;
  proxy.until([&] {
    for (visit.target = 0; visit.target < 4 && !target; ++visit.target) {
      target = proxy.target(visit.target).accept_now();
    }
    return target != nullptr;
  });
  REQUIRE(target);
  --visit.target;
  visit.request = target->read();
  target->send(answer);
  visit.response = client->read();
  return visit;
}

std::vector<observe::WordTotal> outcomes(const Proxy& proxy) { return proxy.totals().groups.front().sticky; }

std::uint64_t outcome(const Proxy& proxy, std::string_view word) {
  for (const observe::WordTotal& one : outcomes(proxy)) {
    if (one.word == word) return one.count;
  }
  return 0;
}

// Four targets, and no connection is used twice: the target that is asked is the one that accepts.
struct Shop : Proxy {
  explicit Shop(model::Stickiness stickiness = {}) : Proxy({.targets = 4}) {
    group_settings().stickiness = stickiness;
    group_settings().keepalive.max_idle = 0;
  }
  void replace_bindings(std::size_t place, sticky::Fitness fitness) {
    proxy::GroupView view = proxy::trusting_view(group_settings(), 1);
    auto bindings = std::make_shared<proxy::Bindings>(4, sticky::Fitness::usable);
    (*bindings)[place] = fitness;
    view.bindings = bindings;
    engine().update("app", view);
  }
};

}  // namespace

TEST_CASE(
    "a client stays with the target that answered first, and its cookie is renewed with each response") {
  Shop shop;
  const Visit first = visit(shop, "");
  std::string cookie = cookie_of(first.response);
  CHECK(cookie.starts_with("WEIRLB="));
  CHECK(first.response.field("set-cookie").ends_with("; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax"));
  for (int i = 0; i < 10; ++i) {
    shop.advance(seconds(1));
    const Visit next = visit(shop, cookie);
    CHECK(next.target == first.target);
    const std::string renewed = cookie_of(next.response);
    CHECK(renewed.starts_with("WEIRLB="));
    CHECK(renewed != cookie);
    cookie = renewed;
  }
  CHECK(outcome(shop, "new") == 1);
  CHECK(outcome(shop, "kept") == 10);
}

TEST_CASE("weir's cookies never reach the target, and all others do as they came") {
  Shop shop;
  const std::string cookie = cookie_of(visit(shop, "").response);
  CHECK(visit(shop, "a=1; " + cookie + "; b=\"2\"").request.field("cookie") == "a=1; b=\"2\"");
  CHECK(visit(shop, cookie + "; WEIRLBCORS=x").request.field("cookie") == "");
  CHECK(visit(shop, "WEIRLB=forged; a=1").request.field("cookie") == "a=1");
  CHECK(visit(shop, "weirlb=1; XWEIRLB=2").request.field("cookie") == "weirlb=1; XWEIRLB=2");
}

TEST_CASE("a client whose target is lost is moved once, keeps its session and stays with the other one") {
  for (const auto fitness : {sticky::Fitness::unhealthy, sticky::Fitness::ejected, sticky::Fitness::elsewhere,
                             sticky::Fitness::gone}) {
    Shop shop;
    const Visit first = visit(shop, "");
    shop.replace_bindings(first.target, fitness);
    Visit moved = visit(shop, cookie_of(first.response));
    while (moved.target == first.target) moved = visit(shop, cookie_of(first.response));
    shop.replace_bindings(first.target, sticky::Fitness::usable);  // it comes back
    for (int i = 0; i < 5; ++i) {
      CHECK(visit(shop, cookie_of(moved.response)).target == moved.target);
    }
    CHECK(outcome(shop, "moved") >= 1);
    CHECK(outcome(shop, "kept") == 5);
  }
}

TEST_CASE("who is bound to a draining target stays there") {
  Shop shop;
  const Visit first = visit(shop, "");
  shop.replace_bindings(first.target, sticky::Fitness::draining);
  for (int i = 0; i < 5; ++i) CHECK(visit(shop, cookie_of(first.response)).target == first.target);
}

TEST_CASE("a cookie that is forged, cut off, foreign or too old counts as none") {
  Shop shop({.ttl = std::chrono::seconds(60)});
  const Visit first = visit(shop, "");
  const std::string cookie = cookie_of(first.response);
  for (const std::string& bad : {std::string("WEIRLB="), std::string("WEIRLB=x"), cookie.substr(0, 90),
                                 cookie + "x", "WEIRLB=" + std::string(5000, 'A')}) {
    CHECK(cookie_of(visit(shop, bad).response).starts_with("WEIRLB="));
  }
  CHECK(outcome(shop, "invalid") == 5);
  shop.advance(seconds(60));
  CHECK(cookie_of(visit(shop, cookie).response).starts_with("WEIRLB="));
  CHECK(outcome(shop, "expired") == 1);
  shop.engine().set_keys(sticky::make_keys().value());
  CHECK(visit(shop, cookie_of(first.response)).response.status() == 200);
  CHECK(outcome(shop, "invalid") == 6);
}

TEST_CASE("shared caches may not keep a response with weir's cookie") {
  Shop shop;
  const auto cached = [&](const std::string& value) {
    return visit(shop, "", "HTTP/1.1 200 OK\r\nCache-Control: " + value + "\r\nContent-Length: 0\r\n\r\n")
        .response.field("cache-control");
  };
  CHECK(cached("public, max-age=60, s-maxage=600") == "private, max-age=60");
  CHECK(cached("no-store") == "no-store");
  CHECK(cached("private, max-age=1") == "private, max-age=1");
  CHECK(visit(shop, "").response.field("cache-control") == "private");
}

TEST_CASE("with renew: half a response without a cookie stays as cacheable as it was") {
  Shop shop({.ttl = std::chrono::seconds(100), .renew = model::Stickiness::Renew::half});
  const std::string cookie = cookie_of(visit(shop, "").response);
  constexpr std::string_view kShared =
      "HTTP/1.1 200 OK\r\nCache-Control: public\r\nContent-Length: 0\r\n\r\n";
  const Visit soon = visit(shop, cookie, kShared);
  CHECK(soon.response.field("set-cookie") == "");
  CHECK(soon.response.field("cache-control") == "public");
  shop.advance(seconds(50));
  const Visit later = visit(shop, cookie, kShared);
  CHECK(cookie_of(later.response).starts_with("WEIRLB="));
  CHECK(later.response.field("cache-control") == "private");
}

TEST_CASE("with app_cookie a session begins with the application's cookie and lasts as long as it") {
  Shop shop({.type = model::Stickiness::Type::app_cookie, .app_cookie = "SID"});
  CHECK(visit(shop, "").response.field("set-cookie") == "");
  const Visit login =
      visit(shop, "", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: SID=1; Path=/\r\n\r\n");
  const std::string set = login.response.field("set-cookie");
  REQUIRE(set.starts_with("SID=1; Path=/|WEIRLB="));
  const std::string cookie = set.substr(14, set.find(';', 14) - 14);
  for (int i = 0; i < 5; ++i) CHECK(visit(shop, "SID=1; " + cookie).target == login.target);
  CHECK(outcome(shop, "kept") == 5);
  CHECK(visit(shop, cookie).response.field("set-cookie") == "");
  CHECK(outcome(shop, "kept") == 5);
}

TEST_CASE("cookies are Secure where the client came by TLS as a trusted peer says, and their twins always") {
  Shop shop({.cors_twin = true});
  shop.listener_settings().forwarded.trust = {*base::Cidr::parse("127.0.0.0/8")};
  const auto set_cookies = [&](const std::string& more) {
    const std::string both = visit(shop, "", kEmpty, more).response.field("set-cookie");
    return std::vector{both.substr(0, both.find('|')), both.substr(both.find('|') + 1)};
  };
  const auto by_tls = set_cookies("X-Forwarded-Proto: https\r\n");
  REQUIRE(by_tls.size() == 2);
  CHECK(by_tls[0].ends_with("; SameSite=Lax; Secure"));
  CHECK(by_tls[1].starts_with("WEIRLBCORS="));
  CHECK(by_tls[1].ends_with("; SameSite=None; Secure"));
  CHECK(set_cookies("X-Forwarded-Proto: http\r\n")[0].ends_with("; SameSite=Lax"));
  const std::string twin = by_tls[1].substr(0, by_tls[1].find(';'));
  visit(shop, twin);
  CHECK(outcome(shop, "kept") == 1);
}

TEST_CASE("a retry that reaches another target moves the session, and weir's own answers set no cookie") {
  Shop shop;
  const Visit first = visit(shop, "");
  shop.target(first.target).refuse();
  const Visit moved = visit(shop, cookie_of(first.response));
  CHECK(moved.target != first.target);
  CHECK(outcome(shop, "moved") == 1);
  for (std::size_t i = 0; i < 4; ++i) shop.target(i).refuse();
  auto client = shop.connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\nCookie: " + cookie_of(moved.response) + "\r\n\r\n");
  const Message answer = client->read();
  CHECK(answer.status() == 502);
  CHECK(answer.field("set-cookie") == "");
}

TEST_CASE("sessions at a target are counted by their ids, which renewals keep") {
  Shop shop;
  shop.start();
  const proxy::GroupView view = [&] {
    proxy::GroupView made = proxy::trusting_view(shop.group_settings(), 1);
    shop.engine().update("app", made);
    return made;
  }();
  std::string cookie = cookie_of(visit(shop, "").response);
  for (int i = 0; i < 5; ++i) cookie = cookie_of(visit(shop, cookie).response);
  std::uint64_t sessions = 0;
  for (const auto& entry : *view.members) sessions += entry->sessions->count(shop.loop().now());
  CHECK(sessions == 1);
}

TEST_CASE("a response gets the cookies of its own sessions alone, whatever the request before it had") {
  Shop shop;
  model::TargetGroup plain = shop.group_settings();
  plain.name = "plain";
  plain.stickiness.reset();
  shop.add_group(plain);
  model::Rule rule;
  rule.name = "plain";
  rule.match.paths = {*model::Pattern::parse("/plain")};
  rule.action =
      model::ForwardAction{.groups = {{.target_group = "plain"}}, .stickiness = std::chrono::hours(1)};
  shop.listener_settings().rules = {rule};
  const std::string name = sticky::rule_stickiness("web", "plain", seconds(1)).name;
  for (int i = 0; i < 3; ++i) {
    CHECK(cookie_of(visit(shop, "").response).starts_with("WEIRLB="));
    const std::string set = visit(shop, "", kEmpty, "", "/plain").response.field("set-cookie");
    CHECK(set.starts_with(name + "="));
    CHECK(set.find('|') == std::string::npos);
  }
}

TEST_CASE("a client stays with one of a rule's groups, whose cookie is the rule's own") {
  Shop shop;
  model::TargetGroup canary = shop.group_settings();
  shop.group_settings().targets.resize(2);
  canary.name = "canary";
  canary.targets.erase(canary.targets.begin(), canary.targets.begin() + 2);
  shop.group_settings().stickiness.reset();
  canary.stickiness.reset();
  shop.add_group(canary);
  shop.listener_settings().default_action = model::ForwardAction{
      .groups = {{.target_group = "app"}, {.target_group = "canary"}}, .stickiness = std::chrono::hours(1)};
  const std::string name = sticky::rule_stickiness("web", "default", seconds(1)).name;
  for (int user = 0; user < 10; ++user) {
    const Visit first = visit(shop, "");
    const std::string cookie = cookie_of(first.response);
    CHECK(cookie.starts_with(name + "="));
    for (int i = 0; i < 5; ++i) {
      const Visit next = visit(shop, cookie);
      CHECK(next.target / 2 == first.target / 2);
      CHECK(next.request.field("cookie") == "");
    }
  }
  const auto rules = shop.totals().rules;
  REQUIRE(rules.size() == 1);
  REQUIRE(rules.front().sticky.size() == 2);
  CHECK(rules.front().sticky[0].count == 50);
}

}  // namespace weir::test
