#include "lb/net/tls_server_context.h"

#include <algorithm>
#include <cerrno>

#include "tests/unit/net/tls_pair.h"
#include "tests/unit/net/tls_raw_client.h"

namespace base = weir::base;
namespace net = weir::net;
namespace test = weir::test;
using weir::net::TlsClientAuth;
using weir::net::TlsContextProblem;
using weir::net::TlsFailure;
using weir::test::KeyKind;
using weir::test::TestAuthority;
using weir::test::TlsPair;

namespace {

const TestAuthority& client_root() {
  static const TestAuthority authority = TestAuthority::make("root");
  return authority;
}

net::TlsServerSettings settings(const std::vector<std::string>& names = {"a.example"}) {
  return test::settings_of({client_root().issue({.names = names})});
}

std::shared_ptr<const net::TlsClientContext> client(net::TlsClientSettings client_settings = {}) {
  return test::made(std::move(client_settings));
}

// A client of one version of TLS.
std::shared_ptr<const net::TlsClientContext> client_of(int version) {
  auto context = client();
  SSL_CTX_set_max_proto_version(context->native(), version);
  return context;
}

std::shared_ptr<net::TlsTicketKeys> ticket_keys() {
  auto keys = net::TlsTicketKeys::in_memory(base::Instant{});
  REQUIRE(keys.has_value());
  return *keys;
}

// Whether a client that has been at `first` is known at `second`.
bool resumes(const std::shared_ptr<const net::TlsServerContext>& first,
             const std::shared_ptr<const net::TlsServerContext>& second,
             const std::shared_ptr<const net::TlsClientContext>& with) {
  net::TlsClientSessions sessions(10);
  const net::TlsDestination destination{.server_name = "a.example", .sessions = &sessions};
  TlsPair one;
  one.serve(first).connect(with, destination);
  REQUIRE(one.exchange_greetings());
  CHECK_FALSE(one.server.stream->facts().resumed);
  one.client.stream.reset();
  TlsPair two;
  two.serve(second).connect(with, destination);
  REQUIRE(two.exchange_greetings());
  CHECK(two.client.stream->facts().resumed == two.server.stream->facts().resumed);
  return two.server.stream->facts().resumed;
}

}  // namespace

TEST_CASE("SNI chooses the certificate") {
  const auto context = test::made(test::settings_of({
      client_root().issue({.names = {"default.example"}, .common_name = "default"}),
      client_root().issue({.names = {"*.wild.example"}, .common_name = "wild"}),
      client_root().issue({.names = {"exact.wild.example", "other.example"}, .common_name = "exact"}),
  }));
  struct Row {
    const char* name;
    const char* subject;
    bool served;
  };
  const Row rows[] = {
      {"", "CN=default", false},
      {"default.example", "CN=default", true},
      {"nobody.example", "CN=default", false},
      {"a.wild.example", "CN=wild", true},
      {"A.WILD.example", "CN=wild", true},
      {"exact.wild.example", "CN=exact", true},
      {"other.example", "CN=exact", true},
      {"b.a.wild.example", "CN=default", false},
      {"wild.example", "CN=default", false},
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const Row& row : rows) {
      CAPTURE(row.name);
      TlsPair pair;
      pair.serve(context).connect(client_of(version), {.server_name = row.name});
      REQUIRE(pair.shake_hands());
      CHECK(pair.client.stream->facts().peer->subject == row.subject);
      const net::TlsFacts facts = pair.server.stream->facts();
      CHECK(facts.name_served == row.served);
      CHECK(facts.server_name == net::tls_server_name(row.name).value_or(""));
      CHECK(facts.version == (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
      CHECK(facts.peer == nullptr);
    }
  }
}

TEST_CASE("of several key types the client's offer decides") {
  const auto context = test::made(test::settings_of({
      client_root().issue(
          {.names = {"default.example"}, .common_name = "default rsa", .key = KeyKind::rsa2048}),
      client_root().issue({.names = {"a.example"}, .common_name = "rsa", .key = KeyKind::rsa2048}),
      client_root().issue({.names = {"a.example"}, .common_name = "ec", .key = KeyKind::p256}),
      client_root().issue({.names = {"default.example"}, .common_name = "default ec", .key = KeyKind::p256}),
      client_root().issue({.names = {"a.example"}, .common_name = "second ec", .key = KeyKind::p384}),
  }));
  struct Row {
    const char* name;
    const char* ciphers;
    const char* subject;
  };
  const Row rows[] = {
      {"a.example", "ECDHE-RSA-AES128-GCM-SHA256", "CN=rsa"},
      {"a.example", "ECDHE-ECDSA-AES128-GCM-SHA256", "CN=ec"},
      {"default.example", "ECDHE-RSA-AES128-GCM-SHA256", "CN=default rsa"},
      {"default.example", "ECDHE-ECDSA-AES128-GCM-SHA256", "CN=default ec"},
      {"nobody.example", "ECDHE-ECDSA-AES128-GCM-SHA256", "CN=default ec"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CAPTURE(row.ciphers);
    const auto picky = client_of(TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(picky->native(), row.ciphers);
    TlsPair pair;
    pair.serve(context).connect(picky, {.server_name = row.name});
    REQUIRE(pair.shake_hands());
    CHECK(pair.client.stream->facts().peer->subject == row.subject);
    CHECK(pair.server.stream->facts().cipher == row.ciphers);
  }
}

TEST_CASE("the whole chain is shown") {
  const TestAuthority middle = client_root().intermediate("middle");
  const auto context = test::made(test::settings_of({middle.issue({.names = {"a.example"}})}));
  TlsPair pair;
  pair.serve(context).connect(client({.trust = test::trust_of(client_root().pem())}),
                              {.server_name = "a.example"});
  CHECK(pair.shake_hands());
}

TEST_CASE("ALPN takes the server's first that the client knows") {
  struct Row {
    std::vector<std::string> server;
    std::vector<std::string> client;
    const char* chosen;
    TlsFailure failure;
  };
  const Row rows[] = {
      {{"h2", "http/1.1"}, {"http/1.1", "h2"}, "h2", TlsFailure::none},
      {{"h2", "http/1.1"}, {"http/1.1"}, "http/1.1", TlsFailure::none},
      {{"h2", "http/1.1"}, {}, "", TlsFailure::none},
      {{"h2", "http/1.1"}, {"spdy/3", "http/1.0"}, "", TlsFailure::no_application_protocol},
      {{}, {"h2"}, "", TlsFailure::none},
  };
  for (const Row& row : rows) {
    CAPTURE(row.client);
    net::TlsServerSettings server = settings();
    server.alpn = row.server;
    TlsPair pair;
    pair.serve(test::made(std::move(server))).connect(client({.alpn = row.client}));
    CHECK(pair.shake_hands() == (row.failure == TlsFailure::none));
    CHECK(pair.server.stream->failure() == row.failure);
    if (row.failure != TlsFailure::none) {
      REQUIRE(pair.run_until([&] { return pair.client.error != 0; }));
      CHECK(pair.client.stream->failure() == TlsFailure::no_application_protocol);
      CHECK(pair.client.stream->failure_detail() == "tlsv1 alert no application protocol");
      continue;
    }
    CHECK(pair.server.stream->alpn() == row.chosen);
    CHECK(pair.server.stream->facts().alpn == row.chosen);
    CHECK(pair.client.stream->alpn() == row.chosen);
  }
}

TEST_CASE("nothing is agreed on below what the settings say") {
  net::TlsServerSettings server = settings();
  const auto old = client_of(TLS1_2_VERSION);
  TlsFailure expected = TlsFailure::none;
  SUBCASE("TLS 1.2 where 1.3 is the least") {
    server.least_version = net::TlsVersion::tls_1_3;
    expected = TlsFailure::no_shared_protocol;
  }
  SUBCASE("TLS 1.1") {
    SSL_CTX_set_min_proto_version(old->native(), TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(old->native(), TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(old->native(), "ALL:@SECLEVEL=0");
    expected = TlsFailure::no_shared_protocol;
  }
  SUBCASE("ciphers without forward secrecy or authenticated encryption") {
    SSL_CTX_set_cipher_list(old->native(),
                            "AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA");
    expected = TlsFailure::no_shared_cipher;
  }
  SUBCASE("ciphers of another key type than the certificate's") {
    SSL_CTX_set_cipher_list(old->native(), "ECDHE-RSA-AES128-GCM-SHA256");
    expected = TlsFailure::no_shared_cipher;
  }
  TlsPair pair;
  pair.serve(test::made(std::move(server))).connect(old);
  CHECK_FALSE(pair.shake_hands());
  CHECK(pair.server.error == EPROTO);
  CHECK(pair.server.stream->failure() == expected);
  REQUIRE(pair.run_until([&] { return pair.client.error != 0; }));
  CHECK(pair.client.stream->failure() == TlsFailure::peer_alert);
}

// --- resumption

TEST_CASE("a session is resumed by a ticket") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    const auto with = client_of(version);
    const auto keys = ticket_keys();
    net::TlsServerSettings server = settings();
    server.ticket_keys = keys;
    const auto first = test::made(std::move(server));
    CHECK(resumes(first, first, with));

    // Another context, as after a reload or on another node.
    net::TlsServerSettings same_keys = settings();
    same_keys.ticket_keys = keys;
    CHECK(resumes(first, test::made(std::move(same_keys)), with));
    net::TlsServerSettings other_keys = settings();
    other_keys.ticket_keys = ticket_keys();
    CHECK_FALSE(resumes(first, test::made(std::move(other_keys)), with));
    CHECK_FALSE(resumes(test::made(settings()), test::made(settings()), with));
  }
}

TEST_CASE("a ticket of an old key resumes, and a new one comes for it") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    const auto with = client_of(version);
    const auto keys = ticket_keys();
    net::TlsServerSettings server = settings();
    server.ticket_keys = keys;
    const auto context = test::made(std::move(server));
    net::TlsClientSessions sessions(10);
    base::Instant now{};
    for (int visit = 0; visit < 6; ++visit) {
      CAPTURE(visit);
      TlsPair pair;
      pair.serve(context).connect(with, {.server_name = "a.example", .sessions = &sessions});
      REQUIRE(pair.exchange_greetings());
      CHECK(pair.server.stream->facts().resumed == (visit != 0));
      now += std::chrono::hours(13);
      CHECK(keys->rotate(now));
    }
  }
}

TEST_CASE("a server of TLS 1.3 gives one ticket a connection") {
  net::TlsServerSettings server = settings();
  server.ticket_keys = ticket_keys();
  net::TlsClientSessions sessions(10);
  TlsPair pair;
  const net::TlsDestination destination{.sessions = &sessions};
  const auto with = client();
  pair.serve(test::made(std::move(server))).connect(with, destination);
  REQUIRE(pair.exchange_greetings());
  const std::string key = std::string(with->session_scope()) + std::string(2, '\0');
  CHECK(sessions.take(key) != nullptr);
  CHECK(sessions.take(key) == nullptr);
}

// --- client certificates

TEST_CASE("client certificates are asked for, and looked at") {
  const TestAuthority clients = TestAuthority::make("clients");
  const auto good = clients.issue({.names = {"good"}, .client = true});
  const auto revoked = clients.issue({.names = {"revoked"}, .client = true});
  const auto expired =
      clients.issue({.names = {"expired"}, .not_after = -std::chrono::minutes(1), .client = true});
  const auto early = clients.issue({.names = {"early"}, .not_before = std::chrono::hours(1), .client = true});
  const auto stranger = TestAuthority::make("strangers").issue({.names = {"stranger"}, .client = true});
  const auto of_server = clients.issue({.names = {"server"}});
  struct Row {
    TlsClientAuth client_auth;
    const test::Certificate* shown;
    TlsFailure failure;
  };
  const Row rows[] = {
      {TlsClientAuth::off, &good, TlsFailure::none},
      {TlsClientAuth::off, &stranger, TlsFailure::none},
      {TlsClientAuth::optional, nullptr, TlsFailure::none},
      {TlsClientAuth::optional, &good, TlsFailure::none},
      {TlsClientAuth::optional, &stranger, TlsFailure::certificate_unknown_ca},
      {TlsClientAuth::optional, &revoked, TlsFailure::certificate_revoked},
      {TlsClientAuth::required, nullptr, TlsFailure::certificate_missing},
      {TlsClientAuth::required, &good, TlsFailure::none},
      {TlsClientAuth::required, &revoked, TlsFailure::certificate_revoked},
      {TlsClientAuth::required, &expired, TlsFailure::certificate_expired},
      {TlsClientAuth::required, &early, TlsFailure::certificate_expired},
      {TlsClientAuth::required, &stranger, TlsFailure::certificate_unknown_ca},
      {TlsClientAuth::required, &of_server, TlsFailure::certificate_refused},
  };
  const auto trust = test::trust_of(clients.pem(), clients.crl({revoked}));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const Row& row : rows) {
      CAPTURE(version);
      CAPTURE(static_cast<int>(row.client_auth));
      CAPTURE((row.shown != nullptr ? row.shown->certificate : ""));
      net::TlsServerSettings server = settings();
      server.client_auth = row.client_auth;
      server.client_trust = trust;
      net::TlsClientSettings with;
      if (row.shown != nullptr) with.identity = test::identity_of(*row.shown);
      const auto shows = client(std::move(with));
      SSL_CTX_set_max_proto_version(shows->native(), version);
      TlsPair pair;
      pair.serve(test::made(std::move(server))).connect(shows);
      CHECK(pair.exchange_greetings() == (row.failure == TlsFailure::none));
      CHECK(net::word(pair.server.stream->failure()) == net::word(row.failure));
      if (row.failure != TlsFailure::none) {
        REQUIRE(pair.run_until([&] { return pair.client.error != 0; }));
        CHECK(pair.client.stream->failure() == TlsFailure::peer_alert);
        continue;
      }
      const auto peer = pair.server.stream->facts().peer;
      const bool asked = row.client_auth != TlsClientAuth::off && row.shown != nullptr;
      REQUIRE((peer != nullptr) == asked);
      if (!asked) continue;
      CHECK(peer->verified);
      CHECK(peer->subject == "CN=good");
      CHECK(peer->serial == good.serial);
    }
  }
}

TEST_CASE("a resumed session knows the client's certificate") {
  const TestAuthority clients = TestAuthority::make("clients");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    net::TlsServerSettings server = settings();
    server.client_auth = TlsClientAuth::required;
    server.client_trust = test::trust_of(clients.pem());
    server.ticket_keys = ticket_keys();
    const auto context = test::made(std::move(server));
    const auto with =
        client({.identity = test::identity_of(clients.issue({.names = {"somebody"}, .client = true}))});
    SSL_CTX_set_max_proto_version(with->native(), version);
    net::TlsClientSessions sessions(10);
    for (int visit = 0; visit < 2; ++visit) {
      TlsPair pair;
      pair.serve(context).connect(with, {.sessions = &sessions});
      REQUIRE(pair.exchange_greetings());
      const net::TlsFacts facts = pair.server.stream->facts();
      CHECK(facts.resumed == (visit == 1));
      REQUIRE(facts.peer);
      CHECK(facts.peer->subject == "CN=somebody");
      CHECK(facts.peer->verified);
    }
  }
}

TEST_CASE("no ticket leads past other demands on clients") {
  const TestAuthority clients = TestAuthority::make("clients");
  const auto keys = ticket_keys();
  const auto demanding = [&](TlsClientAuth client_auth, const std::string& ca, const std::string& crl) {
    net::TlsServerSettings server = settings();
    server.client_auth = client_auth;
    if (client_auth != TlsClientAuth::off) server.client_trust = test::trust_of(ca, crl);
    server.ticket_keys = keys;
    return test::made(std::move(server));
  };
  const std::string other_ca = clients.pem() + TestAuthority::make("more").pem();
  const auto off = demanding(TlsClientAuth::off, {}, {});
  const auto optional = demanding(TlsClientAuth::optional, clients.pem(), {});
  const auto required = demanding(TlsClientAuth::required, clients.pem(), {});
  const auto more = demanding(TlsClientAuth::required, other_ca, {});
  const auto with_list = demanding(TlsClientAuth::required, clients.pem(), clients.crl({}));
  const auto issued = clients.issue({.names = {"somebody"}, .client = true});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto with = client({.identity = test::identity_of(issued)});
    SSL_CTX_set_max_proto_version(with->native(), version);
    CHECK(resumes(required, required, with));
    CHECK_FALSE(resumes(off, required, with));
    CHECK_FALSE(resumes(optional, required, with));
    CHECK_FALSE(resumes(required, more, with));
    CHECK_FALSE(resumes(required, with_list, with));
  }
}

TEST_CASE("a client with a certificate beyond all measure is refused") {
  const TestAuthority clients = TestAuthority::make("clients");
  std::vector<std::string> names;
  for (int more = 0; more < 1000; ++more) names.push_back(std::string(40, 'n') + std::to_string(more));
  const auto issued = clients.issue({.names = names, .common_name = "somebody", .client = true});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    net::TlsServerSettings server = settings();
    server.client_auth = TlsClientAuth::required;
    server.client_trust = test::trust_of(clients.pem());
    const auto with = client({.identity = test::identity_of(issued)});
    SSL_CTX_set_max_proto_version(with->native(), version);
    TlsPair pair;
    pair.serve(test::made(std::move(server))).connect(with);
    CHECK_FALSE(pair.exchange_greetings());
    CHECK(pair.server.stream->failure() == TlsFailure::too_large);
  }
}

// --- stapling

TEST_CASE("an OCSP response is stapled for who asks, while it is fresh") {
  const auto certificate = client_root().issue({.names = {"a.example"}});
  const std::string response = client_root().ocsp(certificate);
  const std::vector<std::uint8_t> der(response.begin(), response.end());
  struct Row {
    bool asks;
    std::chrono::seconds next_update;
    bool stapled;
  };
  const Row rows[] = {{true, std::chrono::hours(1), true},
                      {true, -std::chrono::seconds(1), false},
                      {false, std::chrono::hours(1), false}};
  for (const Row& row : rows) {
    net::TlsServerSettings server = test::settings_of({certificate});
    server.certificates.front().staple =
        net::TlsStaple{.der = der, .next_update = test::present() + row.next_update};
    TlsPair pair;
    pair.serve(test::made(std::move(server)));
    const auto with = client();
    test::RawTlsClient raw(pair, with->native());
    if (row.asks) SSL_set_tlsext_status_type(raw.ssl(), TLSEXT_STATUSTYPE_ocsp);
    REQUIRE(raw.shake_hands());
    const unsigned char* stapled = nullptr;
    const long size = SSL_get_tlsext_status_ocsp_resp(raw.ssl(), &stapled);
    REQUIRE((size > 0) == row.stapled);
    if (row.stapled) CHECK(std::ranges::equal(der, std::span(stapled, static_cast<std::size_t>(size))));
  }
}

// --- what cannot be made

TEST_CASE("a context says why it cannot be made") {
  const auto problem = [](net::TlsServerSettings server) {
    const auto context = net::TlsServerContext::make(std::move(server));
    REQUIRE_FALSE(context.has_value());
    return context.error();
  };
  CHECK(problem({}).kind == TlsContextProblem::Kind::certificate);

  const auto weak =
      problem(test::settings_of({client_root().issue(), client_root().issue({.key = KeyKind::rsa1024})}));
  CHECK(weak.kind == TlsContextProblem::Kind::certificate);
  CHECK(weak.certificate == 1);
  CHECK(weak.text == "ee key too small");

  net::TlsServerSettings nameless = settings();
  nameless.alpn = {"h2", ""};
  CHECK(problem(std::move(nameless)).kind == TlsContextProblem::Kind::alpn);

  net::TlsServerSettings trusting = settings();
  trusting.client_auth = TlsClientAuth::required;
  CHECK(problem(std::move(trusting)).text == "no authority vouches for clients");
}
