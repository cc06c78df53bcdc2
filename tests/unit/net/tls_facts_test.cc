#include "lb/net/tls_facts.h"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>

#include "lb/net/tls_failure.h"
#include "lb/net/tls_identity.h"
#include "tests/support/certificates.h"

using weir::net::TlsFailure;

TEST_CASE("a name of SNI is a host name in small letters") {
  struct Row {
    std::string text;
    std::optional<std::string> name;
  };
  const std::string longest(253, 'a');
  const std::array rows{
      Row{"a.example", "a.example"},
      Row{"A.Example.", "a.example"},
      Row{"x_y-1.example", "x_y-1.example"},
      Row{"", std::nullopt},
      Row{".", std::nullopt},
      Row{".example", std::nullopt},
      Row{"a..example", std::nullopt},
      Row{"a example", std::nullopt},
      Row{"a\nexample", std::nullopt},
      Row{"*.example", std::nullopt},
      Row{"\xc3\xa4.example", std::nullopt},
      Row{longest, longest},
      Row{longest + "a", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(weir::net::tls_server_name(row.text) == row.name);
  }
}

TEST_CASE("every failure has a word of its own") {
  std::set<std::string_view> words;
  int count = 0;
  for (; count <= static_cast<int>(TlsFailure::internal); ++count) {
    words.insert(weir::net::word(static_cast<TlsFailure>(count)));
  }
  CHECK(words.size() == static_cast<std::size_t>(count));
}

TEST_CASE("a certificate is told in the forms of headers") {
  const auto authority = weir::test::TestAuthority::make("root, of all");
  const auto issued = authority.issue({.names = {"client.example"}, .client = true, .serial = 0x0a2b});
  const auto certificates = weir::net::read_tls_certificates(issued.certificate);
  REQUIRE(certificates.has_value());
  const auto peer = weir::net::tls_peer(*certificates->front(), true);
  CHECK(peer->subject == "CN=client.example");
  CHECK(peer->issuer == R"(CN=root\, of all)");
  CHECK(peer->serial == "0A2B");
  CHECK(peer->leaf_pem == weir::test::pem_blocks(issued.certificate).front());
  CHECK(peer->fingerprint.size() == 64);
  CHECK(peer->fingerprint.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(peer->not_before < weir::test::present());
  CHECK(peer->not_after > weir::test::present());
  CHECK(peer->verified);
}
