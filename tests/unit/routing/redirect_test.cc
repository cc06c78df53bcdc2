#include "lb/routing/redirect.h"

#include <doctest/doctest.h>

namespace weir::routing {
namespace {

using Variable = model::Template::Variable;

struct Parts {
  const char* scheme = nullptr;
  const char* host = nullptr;
  const char* port = nullptr;
  const char* path = nullptr;
  const char* query = nullptr;
};

model::Template parsed(const char* text) {
  static constexpr Variable kAllowed[] = {Variable::scheme, Variable::host, Variable::port, Variable::path,
                                          Variable::query};
  return text == nullptr ? model::Template{} : model::parse_template(text, kAllowed).value();
}

std::string location(const Parts& parts, const RequestedUrl& url) {
  model::RedirectAction action;
  action.scheme = parsed(parts.scheme);
  action.host = parsed(parts.host);
  action.port = parsed(parts.port);
  action.path = parsed(parts.path);
  action.query = parsed(parts.query);
  const auto result = redirect_location(action, url);
  return result ? *result : "error: " + std::string(to_string(result.error()));
}

TEST_CASE("what is not written of a redirect stays as it was asked for") {
  const RequestedUrl url{.scheme = "http", .host = "Old.example", .port = 80, .target = "/a%2f/../b?c=d&e"};
  CHECK(location({.scheme = "https", .port = "443"}, url) == "https://Old.example/a%2f/../b?c=d&e");
  CHECK(location({.host = "new.example"}, url) == "http://new.example/a%2f/../b?c=d&e");
  CHECK(location({.path = "/x/#{path}"}, url) == "http://Old.example/x/a%2f/../b?c=d&e");
  CHECK(location({.query = ""}, url) == "http://Old.example/a%2f/../b");
  CHECK(location({.query = "from=#{host}&#{query}"}, url) ==
        "http://Old.example/a%2f/../b?from=Old.example&c=d&e");
  CHECK(location({.host = "#{host}.test", .path = "/", .query = ""}, url) == "http://Old.example.test/");
}

TEST_CASE("default ports are left out, and follow the scheme where none is written") {
  const auto from = [](std::string_view scheme, std::uint16_t port) {
    return RequestedUrl{.scheme = scheme, .host = "a", .port = port, .target = "/"};
  };
  CHECK(location({.scheme = "https"}, from("http", 80)) == "https://a/");
  CHECK(location({.scheme = "https"}, from("http", 8080)) == "https://a:8080/");
  CHECK(location({.scheme = "https", .port = "#{port}"}, from("http", 80)) == "https://a:80/");
  CHECK(location({.port = "8443"}, from("https", 443)) == "https://a:8443/");
  CHECK(location({.scheme = "http"}, from("https", 443)) == "http://a/");
  CHECK(location({.host = "b"}, from("http", 443)) == "http://b:443/");
  CHECK(location({.host = "[::1]"}, from("http", 80)) == "http://[::1]/");
}

TEST_CASE("a redirect to the URL that was asked for is an error") {
  const RequestedUrl url{.scheme = "https", .host = "A.example", .port = 443, .target = "/a?b"};
  CHECK(location({}, url) == "error: loop");
  CHECK(location({.scheme = "https", .host = "a.EXAMPLE", .port = "443", .path = "/a"}, url) ==
        "error: loop");
  CHECK(location({.path = "/A"}, url) == "https://A.example/A?b");
  CHECK(location({}, {.scheme = "http", .host = "a", .target = "/a?"}) == "error: loop");
}

TEST_CASE("a Location that could not be sent or followed is an error") {
  const RequestedUrl url{.scheme = "http", .host = "a", .target = "/a?b"};
  CHECK(location({.path = "/a\r\nSet-Cookie: x"}, url) == "error: control_character");
  CHECK(location({.query = "\t"}, url) == "error: control_character");
  CHECK(location({.host = "b\n"}, url) == "error: control_character");
  CHECK(location({.path = "/a"}, {.scheme = "http", .host = "a", .target = "/\x01"}) == "http://a/a");
  CHECK(location({.host = "b"}, {.scheme = "http", .host = "a", .target = "/\x01"}) ==
        "error: control_character");
  CHECK(location({.scheme = "ftp"}, url) == "error: bad_scheme");
  CHECK(location({.host = "a/b"}, url) == "error: bad_authority");
  CHECK(location({.host = "a@b"}, url) == "error: bad_authority");
  CHECK(location({.host = "b:81"}, url) == "error: bad_authority");
  CHECK(location({.host = ""}, url) == "error: bad_authority");
  CHECK(location({.port = "0"}, url) == "error: bad_authority");
  CHECK(location({.port = "65536"}, url) == "error: bad_authority");
  CHECK(location({.port = "#{host}"}, url) == "error: bad_authority");
  CHECK(location({.path = "b"}, url) == "error: bad_path");
  CHECK(location({.path = "/b c"}, url) == "error: bad_path");
}

TEST_CASE("a request for * has the root as its path") {
  CHECK(location({.host = "b"}, {.scheme = "http", .host = "a", .target = "*"}) == "http://b/");
}

}  // namespace
}  // namespace weir::routing
