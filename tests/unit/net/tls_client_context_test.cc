#include "lb/net/tls_client_context.h"

#include <cerrno>

#include "tests/unit/net/tls_pair.h"

namespace base = weir::base;
namespace net = weir::net;
namespace test = weir::test;
using weir::net::TlsFailure;
using weir::test::TestAuthority;
using weir::test::TlsPair;

namespace {

const TestAuthority& target_root() {
  static const TestAuthority authority = TestAuthority::make("root");
  return authority;
}

std::shared_ptr<const net::TlsServerContext> target(const test::Certificate& certificate) {
  net::TlsServerSettings settings = test::settings_of({certificate});
  settings.ticket_keys = *net::TlsTicketKeys::in_memory(base::Instant{});
  return test::made(std::move(settings));
}

std::shared_ptr<const net::TlsClientContext> verifying() {
  return test::made(net::TlsClientSettings{.trust = test::trust_of(target_root().pem())});
}

}  // namespace

TEST_CASE("a target's certificate is verified") {
  const auto good = target_root().issue({.names = {"a.example", "*.w.example", "10.0.0.1", "2001:db8::1"}});
  const auto expired = target_root().issue({.names = {"a.example"}, .not_after = -std::chrono::minutes(1)});
  const auto unknown = TestAuthority::make("others").issue({.names = {"a.example"}});
  const auto alone = test::self_signed({.names = {"a.example"}});
  struct Row {
    const test::Certificate* shown;
    const char* name;
    TlsFailure failure;
  };
  const Row rows[] = {
      {&good, "a.example", TlsFailure::none},
      {&good, "A.EXAMPLE", TlsFailure::none},
      {&good, "x.w.example", TlsFailure::none},
      {&good, "y.x.w.example", TlsFailure::name_mismatch},
      {&good, "w.example", TlsFailure::name_mismatch},
      {&good, "b.example", TlsFailure::name_mismatch},
      {&good, "10.0.0.1", TlsFailure::none},
      {&good, "10.0.0.2", TlsFailure::name_mismatch},
      {&good, "2001:db8::1", TlsFailure::none},
      {&good, "2001:db8::2", TlsFailure::name_mismatch},
      {&good, "", TlsFailure::none},
      {&expired, "a.example", TlsFailure::certificate_expired},
      {&unknown, "a.example", TlsFailure::certificate_unknown_ca},
      {&unknown, "", TlsFailure::certificate_unknown_ca},
      {&alone, "a.example", TlsFailure::certificate_unknown_ca},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    TlsPair pair;
    pair.serve(target(*row.shown)).connect(verifying(), {.server_name = row.name});
    CHECK(pair.shake_hands() == (row.failure == TlsFailure::none));
    CHECK(net::word(pair.client.stream->failure()) == net::word(row.failure));
    if (row.failure == TlsFailure::none) {
      CHECK(pair.client.stream->facts().peer->verified);
      continue;
    }
    CHECK(pair.client.error == EPROTO);
    CHECK_FALSE(pair.client.stream->failure_detail().empty());
    REQUIRE(pair.run_until([&] { return pair.server.error != 0; }));
    CHECK(pair.server.stream->failure() == TlsFailure::peer_alert);

    TlsPair careless;
    careless.serve(target(*row.shown))
        .connect(test::made(net::TlsClientSettings{}), {.server_name = row.name});
    CHECK(careless.shake_hands());
    CHECK_FALSE(careless.client.stream->facts().peer->verified);
  }
}

TEST_CASE("an IP address is no SNI") {
  for (const char* name : {"10.0.0.1", "2001:db8::1", ""}) {
    TlsPair pair;
    pair.serve(target(target_root().issue({.names = {"10.0.0.1", "2001:db8::1"}})))
        .connect(verifying(), {.server_name = name});
    REQUIRE(pair.shake_hands());
    CHECK(pair.server.stream->facts().server_name.empty());
  }
}

TEST_CASE("sessions with a target are resumed") {
  const auto server = target(target_root().issue({.names = {"a.example", "b.example"}}));
  const auto with = verifying();
  net::TlsClientSessions sessions(10);
  const auto resumed = [&](const std::shared_ptr<const net::TlsClientContext>& context, const char* name,
                           const char* where, bool reset = false) {
    TlsPair pair;
    pair.serve(server).connect(context, {.server_name = name, .target = where, .sessions = &sessions});
    REQUIRE(pair.exchange_greetings());
    if (reset) pair.client.stream->reset_on_close();
    return pair.client.stream->facts().resumed;
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    SSL_CTX_set_max_proto_version(with->native(), version);
    const std::string where = version == TLS1_2_VERSION ? "one" : "two";
    CHECK_FALSE(resumed(with, "a.example", where.c_str()));
    CHECK(resumed(with, "a.example", where.c_str(), true));
    CHECK(resumed(with, "a.example", where.c_str()));  // a connection that was cut does not spoil it
    const auto reloaded = verifying();
    SSL_CTX_set_max_proto_version(reloaded->native(), version);
    CHECK(resumed(reloaded, "a.example", where.c_str()));
    CHECK_FALSE(resumed(with, "b.example", where.c_str()));
    CHECK_FALSE(resumed(with, "a.example", (where + " more").c_str()));
  }
  // What was taken unseen proves nothing to who wants to see.
  CHECK_FALSE(resumed(test::made(net::TlsClientSettings{}), "a.example", "three"));
  CHECK_FALSE(resumed(verifying(), "a.example", "three"));
}

TEST_CASE("a connection may offer other protocols than its context does, and has sessions of its own then") {
  net::TlsServerSettings settings = test::settings_of({target_root().issue({.names = {"a.example"}})});
  settings.ticket_keys = *net::TlsTicketKeys::in_memory(base::Instant{});
  settings.alpn = {"h2", "http/1.1"};
  const auto server = test::made(std::move(settings));
  const auto with =
      test::made(net::TlsClientSettings{.trust = test::trust_of(target_root().pem()), .alpn = {"http/1.1"}});
  net::TlsClientSessions sessions(10);
  struct Row {
    std::vector<std::string> offered;
    const char* chosen;
    bool resumed;
  };
  for (const Row& row : {Row{{}, "http/1.1", false}, Row{{"h2"}, "h2", false}, Row{{"h2"}, "h2", true},
                         Row{{}, "http/1.1", true}}) {
    CAPTURE(row.offered);
    TlsPair pair;
    pair.serve(server).connect(
        with, {.server_name = "a.example", .alpn = row.offered, .target = "one", .sessions = &sessions});
    REQUIRE(pair.exchange_greetings());
    CHECK(pair.client.stream->alpn() == row.chosen);
    CHECK(pair.client.stream->facts().resumed == row.resumed);
  }
}

TEST_CASE("an authority's text has to be one") {
  CHECK_FALSE(net::TlsTrust::from_pem("").has_value());
  CHECK_FALSE(net::TlsTrust::from_pem("no certificate").has_value());
  CHECK_FALSE(net::TlsTrust::from_pem(target_root().pem(), "no list").has_value());
  CHECK_FALSE(net::TlsTrust::from_pem(target_root().pem(), "").has_value());
  CHECK_FALSE(
      net::TlsTrust::from_pem(target_root().pem(), "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")
          .has_value());
  CHECK(net::TlsTrust::from_pem(target_root().pem(), target_root().crl({})).has_value());
  const auto a = test::trust_of(target_root().pem());
  CHECK(a->digest() == test::trust_of(target_root().pem())->digest());
  CHECK(a->digest() != test::trust_of(target_root().pem(), target_root().crl({}))->digest());
  CHECK(a->digest() != test::trust_of(target_root().pem() + target_root().pem())->digest());
}
