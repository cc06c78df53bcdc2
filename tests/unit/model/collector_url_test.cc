#include "lb/model/collector_url.h"

#include <doctest/doctest.h>

namespace weir::model {

TEST_CASE("the URL of a collector has a host, perhaps a port, and a path") {
  struct Row {
    const char* text;
    const char* host;
    std::uint16_t port;
    const char* path;
  };
  const Row rows[] = {
      {"http://127.0.0.1:4318/v1/traces", "127.0.0.1", 4318, "/v1/traces"},
      {"http://[::1]:4318/v1/traces", "::1", 4318, "/v1/traces"},
      {"http://[2001:db8::1]/x", "2001:db8::1", 80, "/x"},
      {"http://otel-collector.example.com:4318/v1/traces?tenant=a", "otel-collector.example.com", 4318,
       "/v1/traces?tenant=a"},
      {"HTTP://localhost/v1/traces", "localhost", 80, "/v1/traces"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto url = parse_collector_url(row.text);
    REQUIRE(url.has_value());
    CHECK(url->host == row.host);
    CHECK(url->port == row.port);
    CHECK(url->path == row.path);
    CHECK(parse_collector_url(url->to_string()) == url);
  }
}

TEST_CASE("what is no URL of a collector is told apart") {
  using enum CollectorUrlError;
  struct Row {
    std::string text;
    CollectorUrlError error;
  };
  const Row rows[] = {
      {"", not_a_url},
      {"on", not_a_url},
      {"127.0.0.1:4318", not_a_url},
      {"grpc://127.0.0.1:4317/", not_a_url},
      {"http:///v1/traces", not_a_url},
      {"http://:4318/v1/traces", not_a_url},
      {"http://a:0/x", not_a_url},
      {"http://a:65536/x", not_a_url},
      {"http://a:/x", not_a_url},
      {"http://a:b:4318/x", not_a_url},
      {"http://[::1/x", not_a_url},
      {"http://[::1]x/x", not_a_url},
      {"http://[127.0.0.1]/x", not_a_url},
      {"http://300.1.1.1/x", not_a_url},
      {"http://user:secret@a/x", not_a_url},
      {"http://a/x#y", not_a_url},
      {"http://a/x y", not_a_url},
      {"http://a/x\r\nHost: b", not_a_url},
      {"http://-a/x", not_a_url},
      {"http://a?x", not_a_url},
      {"http://a/" + std::string(2048, 'x'), not_a_url},
      {"https://a/v1/traces", needs_tls},
      {"HTTPS://a", needs_tls},
      {"http://a", no_path},
      {"http://127.0.0.1:4318/", no_path},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto url = parse_collector_url(row.text);
    REQUIRE_FALSE(url.has_value());
    CHECK(url.error() == row.error);
  }
}

}  // namespace weir::model
