#include "lb/model/tls.h"

#include <doctest/doctest.h>

#include "lb/model/listener.h"

namespace weir::model {

TEST_CASE("the protocols of ALPN have the names that go over the wire") {
  CHECK(word(Alpn::h2) == "h2");
  CHECK(word(Alpn::http1) == "http/1.1");
}

TEST_CASE("TLS offers what its list of protocols has") {
  ListenerTls tls;
  CHECK(offers(tls, Alpn::h2));
  CHECK(offers(tls, Alpn::http1));
  tls.alpn = {Alpn::http1};
  CHECK_FALSE(offers(tls, Alpn::h2));
  CHECK(offers(tls, Alpn::http1));
}

TEST_CASE("where TLS is written is no part of what it is, and everything else is") {
  const Listener plain;
  Listener listener;
  ListenerTls& tls = listener.tls.emplace();
  CHECK_FALSE(listener == plain);
  Listener other = listener;
  other.tls->place = other.tls->alpn_place = {.file = "weir.yaml", .line = 3, .column = 1};
  CHECK(listener == other);
  tls.certificates = {{.cert = {"/a.pem", {"weir.yaml", 1, 1}}, .key = {"/a.key"}, .ocsp = {}}};
  other.tls->certificates = {{.cert = {"/a.pem"}, .key = {"/a.key"}, .ocsp = {}}};
  CHECK(listener == other);
  other.tls->certificates[0].ocsp = FilePath{"/a.ocsp"};
  CHECK_FALSE(listener == other);
}

}  // namespace weir::model
