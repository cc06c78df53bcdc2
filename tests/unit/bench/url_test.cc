#include "bench/load/url.h"

#include <doctest/doctest.h>

using weir::bench::parse_url;
using weir::bench::Url;

TEST_CASE("a URL is split into what is connected to and what is asked for") {
  const struct {
    const char* text;
    Url url;
  } cases[] = {
      {"http://127.0.0.1:8080/a?b=c", {false, false, "127.0.0.1:8080", "127.0.0.1:8080", "/a?b=c"}},
      {"http://example.org", {false, false, "example.org", "example.org:80", "/"}},
      {"http://example.org:80/", {false, false, "example.org", "example.org:80", "/"}},
      {"http://example.org?q", {false, false, "example.org", "example.org:80", "/?q"}},
      {"http://[::1]:8080/x#part", {false, false, "[::1]:8080", "[::1]:8080", "/x"}},
      {"http://[::1]/", {false, false, "[::1]", "[::1]:80", "/"}},
      {"https://example.org/a", {false, true, "example.org", "example.org:443", "/a"}},
      {"https://example.org:80", {false, true, "example.org:80", "example.org:80", "/"}},
      {"wss://example.org/chat", {true, true, "example.org", "example.org:443", "/chat"}},
      {"ws://localhost:9/chat", {true, false, "localhost:9", "localhost:9", "/chat"}},
  };
  for (const auto& [text, url] : cases) {
    CAPTURE(text);
    const auto parsed = parse_url(text);
    REQUIRE(parsed.has_value());
    CHECK(parsed->web_socket == url.web_socket);
    CHECK(parsed->secure == url.secure);
    CHECK(parsed->authority == url.authority);
    CHECK(parsed->address == url.address);
    CHECK(parsed->target == url.target);
    CHECK(std::string_view(text).starts_with(parsed->scheme()));
  }
}

TEST_CASE("what is no URL, or none that can be asked, is refused with the reason") {
  const struct {
    const char* text;
    const char* why;
  } cases[] = {
      {"example.org", "must begin with http://, https://, ws:// or wss://"},
      {"http", "must begin with"},
      {"ftp://example.org/", "must begin with"},
      {"http:///path", "has no proper host and port"},
      {"http://a:0x50/", "has no proper host and port"},
      {"http://a:65536/", "has no proper host and port"},
      {"http://me:secret@a/", "has a user name"},
      {"http://a/b c", "spaces or control characters"},
      {"http://a/\r\nX: y", "spaces or control characters"},
  };
  for (const auto& [text, why] : cases) {
    CAPTURE(text);
    const auto parsed = parse_url(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().find(why) != std::string::npos);
  }
}
