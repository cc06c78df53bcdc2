#include <nlohmann/json.hpp>

#include "config/effective.h"
#include "config/plan.h"
#include "config/plan/file_changes.h"
#include "config/plan_text.h"
#include "config/tls_files.h"
#include "tests/unit/config/support.h"

// The keys of target groups that have to do with TLS and the PROXY protocol.
namespace weir::config {
namespace {

using model::Protocol;
using model::SentProxyHeader;
using model::TargetGroup;
using Check = model::HealthCheck::Protocol;

std::string file_of_group(const std::string& settings) {
  return "listeners: { web: { bind: 0.0.0.0:8080, forward: app } }\n"
         "target_groups: { app: { targets: \"10.0.1.10:8443\"" +
         (settings.empty() ? "" : ", " + settings) + " } }\n";
}

TargetGroup group_with(const std::string& settings) {
  return snapshot_of(file_of_group(settings)).target_groups.at(0);
}

std::string planned_between(const std::string& before, const std::string& after) {
  return plan_line(plan(snapshot_of(file_of_group(before)), snapshot_of(file_of_group(after))));
}

}  // namespace

TEST_CASE(
    "TLS with targets is on for https, and checks speak what the group does unless they say otherwise") {
  struct Row {
    std::string text;
    Protocol protocol;
    std::optional<Check> check;
    bool tls;
  };
  const Row rows[] = {
      {"", Protocol::http, Check::http, false},
      {"protocol: http, tls: off", Protocol::http, Check::http, false},
      {"protocol: https", Protocol::https, Check::https, true},
      {"protocol: https, health_check: {}", Protocol::https, Check::https, true},
      {"protocol: https, health_check: { path: /up }", Protocol::https, Check::https, true},
      {"health_check: { path: /up }, protocol: https", Protocol::https, Check::https, true},
      {"protocol: https, health_check: { protocol: http }", Protocol::https, Check::http, true},
      {"protocol: https, health_check: { protocol: tcp }", Protocol::https, Check::tcp, true},
      {"protocol: https, health_check: off", Protocol::https, std::nullopt, true},
      {"health_check: { protocol: https }", Protocol::http, Check::https, true},
      {"health_check: { protocol: https }, tls: { verify: off }", Protocol::http, Check::https, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const TargetGroup group = group_with(row.text);
    CHECK(group.protocol == row.protocol);
    CHECK(group.health_check.has_value() == row.check.has_value());
    if (row.check) CHECK(group.health_check->protocol == *row.check);
    CHECK(group.tls.has_value() == row.tls);
  }
}

TEST_CASE(
    "targets are verified by whom the system trusts, for the Host of the request, unless told otherwise") {
  CHECK(group_with("protocol: https").tls == model::TargetTls());
  const auto tls =
      group_with(
          "protocol: https, tls: { verify: on, ca: /ca.pem, server_name: Shop.Example., cert: /a.pem, "
          "key: /a.key }")
          .tls.value();
  CHECK(tls.ca.value().path == "/ca.pem");
  CHECK(tls.server_name == "shop.example");
  CHECK(tls.cert.value().path == "/a.pem");
  CHECK(tls.key.value().path == "/a.key");
  CHECK_FALSE(group_with("protocol: https, tls: { verify: off }").tls.value().verify);
  CHECK(group_with("protocol: https, tls: { server_name: \"2001:DB8::1\" }").tls.value().server_name ==
        "2001:db8::1");
}

TEST_CASE("the PROXY protocol to targets is off, or of a version") {
  CHECK(group_with("").proxy_protocol == SentProxyHeader::off);
  CHECK(group_with("proxy_protocol: off").proxy_protocol == SentProxyHeader::off);
  CHECK(group_with("proxy_protocol: v1").proxy_protocol == SentProxyHeader::v1);
  CHECK(group_with("proxy_protocol: v2").proxy_protocol == SentProxyHeader::v2);
  CHECK(first_error(file_of_group("proxy_protocol: on")) == "not-one-of");
}

TEST_CASE("the effective configuration of a group with TLS can be read again as the same") {
  for (const std::string text :
       {"protocol: https", "protocol: https, health_check: { protocol: http }",
        "health_check: { protocol: https }, proxy_protocol: v2", "protocol: https, tls: { verify: off }"}) {
    CAPTURE(text);
    const auto snapshot = snapshot_of(file_of_group(text));
    CHECK(snapshot_of(effective_json(snapshot)) == snapshot);
  }
  const auto app = nlohmann::json::parse(
      effective_json(snapshot_of(file_of_group("protocol: https"))))["target_groups"]["app"];
  CHECK(app["tls"] == nlohmann::json::parse(R"({"verify": true, "ca": "system", "server_name": "host",
                                                "cert": "off", "key": "off"})"));
  CHECK(app["health_check"]["protocol"] == "https");
}

TEST_CASE("files of TLS with targets are uses of their group, and a change of them is one of the group") {
  const auto snapshot =
      snapshot_of(file_of_group("protocol: https, tls: { ca: /ca.pem, cert: /a.pem, key: /a.key }"));
  const auto uses = tls_file_uses(snapshot);
  REQUIRE(uses.size() == 3);
  CHECK(uses[0].kind == TlsFileUse::Kind::target_ca);
  CHECK(uses[0].full_key() == "target_groups.app.tls.ca");
  CHECK_FALSE(uses[1].is_secret());
  CHECK(uses[2].is_secret());
  Plan plan;
  add_file_changes(plan, uses, {"/ca.pem"});
  CHECK(plan_line(plan) == "target group app: tls.ca: what is in /ca.pem has changed");
}

TEST_CASE("a plan has changes of TLS with targets like any others") {
  CHECK(planned_between("protocol: https", "protocol: https, tls: { verify: off }") ==
        "target group app: tls.verify: on -> off");
  CHECK(planned_between("protocol: https", "protocol: https, tls: { server_name: shop.example }") ==
        "target group app: tls.server_name: host -> shop.example");
  CHECK(planned_between("", "proxy_protocol: v2") == "target group app: proxy_protocol: off -> v2");
  CHECK(planned_between("health_check: off", "protocol: http, health_check: { protocol: http }") ==
        "target group app: health checks begin: GET / every 5s");
}

}  // namespace weir::config
