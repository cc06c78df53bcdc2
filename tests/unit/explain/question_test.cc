#include "lb/explain/question.h"

#include <doctest/doctest.h>

namespace weir::explain {
namespace {

TEST_CASE("a URL says host, port and target") {
  struct Row {
    const char* url;
    const char* host;
    int port;
    const char* target;
  };
  const Row rows[] = {
      {"http://Example.com", "example.com", 80, "/"},
      {"https://example.com/a?b=c#d", "example.com", 443, "/a?b=c"},
      {"http://example.com:8080?q", "example.com", 8080, "/?q"},
      {"http://[::1]:81/%zz", "[::1]", 81, "/%zz"},
      {"http://a#frag", "a", 80, "/"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    const auto question = read_question({.url = row.url});
    REQUIRE(question);
    CHECK(question->host == row.host);
    CHECK(question->port == row.port);
    CHECK(question->target == row.target);
  }
}

TEST_CASE("what is no request, or more than one, is refused by the name of the field") {
  struct Row {
    Asked asked;
    const char* field;
  };
  const Row rows[] = {
      {{.url = ""}, "url"},
      {{.url = "ftp://a/"}, "url"},
      {{.url = "http://"}, "url"},
      {{.url = "http://user@a/"}, "url"},
      {{.url = "http://a/ HTTP/1.1"}, "url"},
      {{.url = "http://a/\r\nx: y"}, "url"},
      {{.url = "http://a:99999/"}, "url"},
      {{.url = "http://a/", .method = "GET /"}, "method"},
      {{.url = "http://a/", .method = ""}, "method"},
      {{.url = "http://a/", .headers = {{"a b", "c"}}}, "headers"},
      {{.url = "http://a/", .headers = {{"a", "b\r\nc: d"}}}, "headers"},
      {{.url = "http://a/", .headers = {{"a", std::string("b\0c", 3)}}}, "headers"},
      {{.url = "http://a/", .from = "nowhere"}, "from"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.asked.url);
    const auto question = read_question(row.asked);
    REQUIRE_FALSE(question);
    CHECK(question.error().field == row.field);
  }
}

TEST_CASE("the request has the Host of the URL, or the one that is a header") {
  CHECK(read_question({.url = "http://A:81/x"})->bytes() == "GET /x HTTP/1.1\r\nHost: A:81\r\n\r\n");
  CHECK(
      read_question({.url = "http://a/", .method = "PUT", .headers = {{"hOST", "b"}, {"X", "y"}}})->bytes() ==
      "PUT / HTTP/1.1\r\nhOST: b\r\nX: y\r\n\r\n");
}

}  // namespace
}  // namespace weir::explain
