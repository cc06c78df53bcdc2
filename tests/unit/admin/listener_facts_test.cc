#include "lb/admin/listener_facts.h"

#include <doctest/doctest.h>

#include <array>

using weir::admin::bound_listener;
using weir::admin::BoundListener;
using weir::admin::first_to_expire;
using weir::admin::Handshakes;
using weir::admin::handshakes;
using weir::admin::ServedCertificate;
using weir::admin::word;
using namespace std::chrono_literals;
namespace model = weir::model;
namespace observe = weir::observe;

TEST_CASE("a listener speaks HTTP/2 where it is on and, with TLS, offered") {
  model::Listener listener;
  listener.name = "web";
  CHECK(bound_listener(listener).name == "web");
  CHECK(bound_listener(listener).protocol == model::Protocol::http);
  CHECK_FALSE(bound_listener(listener).http2);
  listener.http2.emplace();
  CHECK(bound_listener(listener).http2);
  listener.protocol = model::Protocol::https;
  listener.tls.emplace();
  CHECK(bound_listener(listener).protocol == model::Protocol::https);
  CHECK(bound_listener(listener).http2);
  listener.tls->alpn = {model::Alpn::http1};
  CHECK_FALSE(bound_listener(listener).http2);
}

TEST_CASE("a listener tells whether it asks for a PROXY header and for certificates of clients") {
  model::Listener listener;
  CHECK_FALSE(bound_listener(listener).proxy_protocol);
  listener.proxy_protocol = true;
  CHECK(bound_listener(listener).proxy_protocol);
  listener.tls.emplace();
  CHECK_FALSE(bound_listener(listener).client_auth);
  listener.tls->client_auth.emplace().mode = model::ClientAuth::Mode::optional;
  CHECK(bound_listener(listener).client_auth == model::ClientAuth::Mode::optional);
  CHECK(word(model::ClientAuth::Mode::optional) == "optional");
  CHECK(word(model::ClientAuth::Mode::required) == "required");
}

TEST_CASE("of each listener the certificate that expires first is found") {
  const auto certificate = [](const char* listener, const char* subject, std::chrono::seconds end) {
    return ServedCertificate{
        .listener = listener, .subject = subject, .names = {}, .not_after = std::chrono::sys_seconds(end)};
  };
  const std::array all = {certificate("a", "late", 30s), certificate("a", "soon", 10s),
                          certificate("b", "only", 90s), certificate("a", "later", 40s)};
  const std::vector<ServedCertificate> first = first_to_expire(all);
  REQUIRE(first.size() == 2);
  CHECK(first[0].subject == "soon");
  CHECK(first[1].subject == "only");
  CHECK(first_to_expire({}).empty());
}

TEST_CASE("a handshake that no session came of has failed, whatever the reason") {
  observe::ListenerTotal total;
  total.tls_handshakes = {{{"full", "TLSv1.2"}, 1},
                          {{"full", "TLSv1.3"}, 2},
                          {{"plain_http", ""}, 4},
                          {{"resumed", "TLSv1.3"}, 8},
                          {{"timeout", ""}, 16}};
  const Handshakes sum = handshakes(total);
  CHECK(sum.full == 3);
  CHECK(sum.resumed == 8);
  CHECK(sum.failed == 20);
}
