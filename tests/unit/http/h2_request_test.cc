#include "lb/http/h2_request.h"

#include <doctest/doctest.h>

#include <span>
#include <string>

#include "tests/unit/http/h2_block.h"
#include "tests/unit/http/transcript.h"

namespace weir::http {
namespace {

using test::Fields;

struct Given {
  bool end_stream = true;
  ParserLimits limits = {};
  bool extended_connect = false;
};

std::string show(const H2Verdict& verdict) {
  const std::string_view reason = traits(verdict.problem).reason;
  switch (verdict.kind) {
    case H2Verdict::Kind::fine: return "fine";
    case H2Verdict::Kind::refused: return fmt::format("{} {}", traits(verdict.problem).status, reason);
    case H2Verdict::Kind::malformed: return fmt::format("malformed {}", reason);
  }
  return "?";
}

std::string read_request(const Fields& fields, const Given& given = {}) {
  HpackDecoder decoder;
  RequestHead head;
  H2RequestReader reader(head, given.limits, given.extended_connect);
  if (!decoder.decode(test::block(fields), reader)) return "failed";
  const H2Verdict verdict = reader.finish(given.end_stream);
  if (!verdict) return show(verdict);
  return (reader.is_upgrade() ? "upgrade " : "") + test::show(head);
}

// A GET, a POST and a CONNECT with more fields.
Fields with(Fields fields, const Fields& more) {
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}
Fields get_fields(const Fields& more = {}) {
  return with({{":method", "GET"}, {":scheme", "https"}, {":authority", "a.example"}, {":path", "/"}}, more);
}
Fields post(const Fields& more = {}) {
  return with({{":method", "POST"}, {":scheme", "https"}, {":authority", "a.example"}, {":path", "/x"}},
              more);
}
Fields upgrade(const Fields& more = {}) {
  return with({{":method", "CONNECT"},
               {":protocol", "websocket"},
               {":scheme", "https"},
               {":path", "/chat"},
               {":authority", "a.example"}},
              more);
}

struct FieldsCase {
  Fields fields;
  std::string_view transcript;
  Given given = {};
};

void check(std::span<const FieldsCase> cases) {
  for (const FieldsCase& row : cases) {
    CAPTURE(test::decoded(test::block(row.fields)));
    CHECK(read_request(row.fields, row.given) == row.transcript);
  }
}

TEST_CASE("requests that follow the rules become those of HTTP/1.1") {
  const FieldsCase cases[] = {
      {get_fields(), "GET / at a.example 1.1 none keep [host=a.example]"},
      {get_fields({{"accept", "*/*"}, {"x-empty", ""}}),
       "GET / at a.example 1.1 none keep [host=a.example] [accept=*/*] [x-empty=]"},
      {{{":path", "/x?y=1"}, {":method", "HEAD"}, {":scheme", "HTTP"}, {"host", "b.example:81"}},
       "HEAD /x?y=1 at b.example:81 1.1 none keep [host=b.example:81]"},
      {get_fields({{"host", "A.Example:443"}}), "GET / at a.example 1.1 none keep [host=a.example]"},
      {{{":method", "OPTIONS"}, {":scheme", "http"}, {":path", "*"}, {":authority", "a"}},
       "OPTIONS * at a 1.1 none keep [host=a]"},
      {{{":method", "PROPFIND"}, {":scheme", "http"}, {":path", "/"}, {":authority", "[::1]:8080"}},
       "PROPFIND / at [::1]:8080 1.1 none keep [host=[::1]:8080]"},
      {{{":method", "CONNECT"}, {":authority", "b.example:443"}},
       "CONNECT b.example:443 at b.example:443 1.1 none close [host=b.example:443]",
       {.end_stream = false}},
      {{{":method", "TRACE"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}},
       "TRACE / at a 1.1 none keep [host=a]"},
      {get_fields({{"te", "trailers"}}),
       "GET / at a.example 1.1 none keep trailers [host=a.example] [te=trailers]"},
  };
  check(cases);
}

TEST_CASE("the length of the content is known by Content-Length or not at all") {
  const Given more{.end_stream = false};
  const FieldsCase cases[] = {
      {post(), "POST /x at a.example 1.1 none keep [host=a.example]"},
      {post(), "POST /x at a.example 1.1 chunked keep [host=a.example]", more},
      {post({{"content-length", "5"}}),
       "POST /x at a.example 1.1 length 5 keep [host=a.example] [content-length=5]", more},
      {post({{"content-length", "0"}}),
       "POST /x at a.example 1.1 none keep [host=a.example] [content-length=0]", more},
      {post({{"content-length", "0"}}),
       "POST /x at a.example 1.1 none keep [host=a.example] [content-length=0]"},
      {post({{"content-length", "5"}}), "malformed incomplete_body"},
      {post({{"content-length", "5"}, {"content-length", "5"}}), "malformed DuplicateContentLength", more},
      {post({{"content-length", "5"}, {"content-length", "6"}}), "malformed MultipleContentLength", more},
      {post({{"content-length", "5, 5"}}), "malformed BadContentLength", more},
      {post({{"content-length", "-1"}}), "malformed BadContentLength", more},
      {post({{"content-length", ""}}), "malformed BadContentLength", more},
      {post({{"content-length", "18446744073709551616"}}), "malformed BadContentLength", more},
      {post({{"expect", "100-Continue"}}),
       "POST /x at a.example 1.1 chunked keep expect [host=a.example] [expect=100-Continue]", more},
      {post({{"expect", "100-continue"}}),
       "POST /x at a.example 1.1 none keep [host=a.example] [expect=100-continue]"},
      {post({{"expect", "tea"}}), "417 bad_expectation", more},
  };
  check(cases);
}

TEST_CASE("the crumbs of cookies become one field") {
  const FieldsCase cases[] = {
      {get_fields({{"cookie", "a=1"}}), "GET / at a.example 1.1 none keep [host=a.example] [cookie=a=1]"},
      {get_fields({{"cookie", "a=1"}, {"cookie", "b=2"}, {"cookie", "c=3"}, {"x", "y"}}),
       "GET / at a.example 1.1 none keep [host=a.example] [cookie=a=1; b=2; c=3] [x=y]"},
      {get_fields({{"cookie", "a=1"},
                   {"cookie", "b=2"},
                   {"x", "y"},
                   {"cookie", "c=3"},
                   {"cookie", "d=4"},
                   {"z", ""}}),
       "GET / at a.example 1.1 none keep [host=a.example] [cookie=a=1; b=2; c=3; d=4] [x=y] [z=]"},
      {get_fields({{"cookie", ""}, {"cookie", ""}}),
       "GET / at a.example 1.1 none keep [host=a.example] [cookie=]"},
      {get_fields({{"cookie", ""},
                   {"cookie", "a=1"},
                   {"cookie", ""},
                   {"x", "y"},
                   {"cookie", ""},
                   {"cookie", "b=2"}}),
       "GET / at a.example 1.1 none keep [host=a.example] [cookie=a=1; b=2] [x=y]"},
  };
  check(cases);
}

TEST_CASE("crumbs do not count as fields") {
  Fields fields = get_fields({{"x", "y"}});
  for (int i = 0; i < 100; ++i) fields.emplace_back("cookie", "c=1");
  fields.emplace_back("y", "z");
  for (int i = 0; i < 100; ++i) fields.emplace_back("cookie", "c=1");
  CHECK(read_request(fields, {.limits = {.fields = 4}}).starts_with("GET"));
  fields.emplace_back("one-too-many", "");
  CHECK(read_request(fields, {.limits = {.fields = 4}}) == "431 too_many_headers");
}

TEST_CASE("malformed names and values are never forwarded") {
  const std::string_view names[] = {"X-Upper", "xY",          "",      "a b", "a:b",
                                    "x\r\n",   "caf\xc3\xa9", "a\x7f", "a(b)"};
  for (const std::string_view name : names) {
    CAPTURE(name);
    CHECK(read_request(get_fields({{name, "v"}})) == "malformed BadHeader");
  }
  using namespace std::string_view_literals;
  const std::string_view values[] = {"a\rb",
                                     "a\nb",
                                     "a\0b"sv,
                                     " a",
                                     "a ",
                                     "\ta",
                                     "a\t",
                                     " ",
                                     "\x01",
                                     "a\x7f",
                                     "sixteen bytes of\r\nx: y and then some more of them"};
  for (const std::string_view value : values) {
    CAPTURE(value);
    CHECK(read_request(get_fields({{"x", value}})) == "malformed BadHeader");
    CHECK(read_request(get_fields({{"cookie", "a=1"}, {"cookie", value}})) == "malformed BadHeader");
  }
  CHECK(read_request(get_fields({{"x", "a\tb \xff"}})) ==
        "GET / at a.example 1.1 none keep [host=a.example] [x=a\tb \xff]");
}

TEST_CASE("fields about the connection are malformed") {
  const FieldsCase cases[] = {
      {get_fields({{"connection", "close"}}), "malformed BadHeader"},
      {get_fields({{"keep-alive", "timeout=5"}}), "malformed BadHeader"},
      {get_fields({{"proxy-connection", "close"}}), "malformed BadHeader"},
      {get_fields({{"transfer-encoding", "chunked"}}), "malformed BadHeader"},
      {get_fields({{"upgrade", "websocket"}}), "malformed BadHeader"},
      {get_fields({{"te", "gzip"}}), "malformed BadHeader"},
      {get_fields({{"te", "trailers, gzip"}}), "malformed BadHeader"},
  };
  check(cases);
}

TEST_CASE("pseudo-header fields come first, once, and are known") {
  const FieldsCase cases[] = {
      {{{":method", "GET"}, {"x", "y"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}},
       "malformed BadHeader"},
      {get_fields({{":path", "/"}}), "malformed BadHeader"},
      {get_fields({{":method", "GET"}}), "malformed BadHeader"},
      {get_fields({{":status", "200"}}), "malformed BadHeader"},
      {get_fields({{":", ""}}), "malformed BadHeader"},
      {get_fields({{":Path", "/"}}), "malformed BadHeader"},
      {get_fields({{":protocol", "websocket"}}), "malformed BadHeader"},
      {{{":scheme", "http"}, {":path", "/"}, {":authority", "a"}}, "malformed BadMethod"},
      {{{":method", "GET"}, {":path", "/"}, {":authority", "a"}}, "malformed BadUri"},
      {{{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}}, "malformed BadUri"},
      {{{":method", "GET"}, {":scheme", "http"}, {":path", "/"}}, "400 missing_host"},
      {{}, "malformed BadMethod"},
  };
  check(cases);
}

TEST_CASE("methods are tokens that HTTP/1.1 is served with, too") {
  const auto request = [](std::string_view method) {
    return read_request({{":method", method}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}});
  };
  CHECK(request("") == "malformed BadMethod");
  CHECK(request("GE T") == "malformed BadMethod");
  CHECK(request("get") == "501 unknown_method");
  CHECK(request("BREW") == "501 unknown_method");
  CHECK(request("PRI") == "501 unknown_method");
  CHECK(request("M-SEARCH").starts_with("M-SEARCH / at a"));
}

TEST_CASE("targets have origin form") {
  const auto request = [](std::string_view path, std::string_view method = "GET") {
    return read_request({{":method", method}, {":scheme", "http"}, {":path", path}, {":authority", "a"}},
                        {.limits = {.target_bytes = 8}});
  };
  CHECK(request("") == "malformed BadUri");
  CHECK(request("x") == "malformed BadUri");
  CHECK(request("*") == "malformed BadUri");
  CHECK(request("http://a") == "malformed BadUri");
  CHECK(request("*x", "OPTIONS") == "malformed BadUri");
  CHECK(request("/a b") == "400 BadUri");
  CHECK(request("/a#b") == "400 BadUri");
  CHECK(request("/\xc3\xa9") == "400 AmbiguousUri");
  CHECK(request("/\r") == "malformed BadHeader");
  CHECK(request("/1234567").starts_with("GET /1234567 at a"));
  CHECK(request("/12345678") == "414 target_too_long");
  CHECK(read_request({{":method", "GET"}, {":scheme", "ftp"}, {":path", "/"}, {":authority", "a"}}) ==
        "400 BadUri");
}

TEST_CASE("the authority is valid and the same everywhere") {
  const auto request = [](std::string_view authority, const Fields& more = {}) {
    return read_request(
        with({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", authority}}, more));
  };
  CHECK(request("") == "400 bad_authority");
  CHECK(request("a b") == "400 bad_authority");
  CHECK(request("a,b") == "400 bad_authority");
  CHECK(request("a:99999") == "400 bad_authority");
  CHECK(request("user@a") == "malformed bad_authority");
  CHECK(request("a", {{"host", "b"}}) == "malformed bad_authority");
  CHECK(request("a", {{"host", "a:443"}}) == "malformed bad_authority");
  CHECK(request("a", {{"host", ""}}) == "malformed bad_authority");
  CHECK(request("a", {{"host", "a"}, {"host", "a"}}) == "malformed repeated_host");
  CHECK(request("a:80", {{"host", "a"}}).starts_with("GET / at a:80"));
  const Fields without{{":method", "GET"}, {":scheme", "http"}, {":path", "/"}};
  CHECK(read_request(with(without, {{"host", "a b"}})) == "400 bad_authority");
  CHECK(read_request(with(without, {{"host", "u@a"}})) == "malformed bad_authority");
  CHECK(read_request(with(without, {{"host", "a"}, {"host", "a"}})) == "malformed repeated_host");
}

TEST_CASE("a CONNECT has an authority with a port and nothing else") {
  const FieldsCase cases[] = {
      {{{":method", "CONNECT"}, {":authority", "a"}}, "400 BadUri"},
      {{{":method", "CONNECT"}}, "malformed BadUri"},
      {{{":method", "CONNECT"}, {":authority", "a:1"}, {":path", "/"}}, "malformed BadUri"},
      {{{":method", "CONNECT"}, {":authority", "a:1"}, {":scheme", "http"}}, "malformed BadUri"},
  };
  check(cases);
}

TEST_CASE("an extended CONNECT becomes the upgrade of HTTP/1.1") {
  const Given extended{.end_stream = false, .extended_connect = true};
  const FieldsCase cases[] = {
      {upgrade({{"sec-websocket-version", "13"}}),
       "upgrade GET /chat at a.example 1.1 none keep [host=a.example] [sec-websocket-version=13] "
       "[connection=Upgrade] [upgrade=websocket]",
       extended},
      {upgrade(), "malformed BadHeader", {.end_stream = false}},
      {get_fields({{":protocol", "websocket"}}), "malformed BadHeader", extended},
      {upgrade({{"content-length", "5"}}), "malformed incomplete_body", extended},
      {{{":method", "CONNECT"}, {":protocol", "websocket"}, {":authority", "a"}, {":path", "/"}},
       "malformed BadUri",
       extended},
      {{{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "http"}, {":path", "/"}},
       "malformed BadHeader",
       extended},
      {{{":method", "CONNECT"}, {":protocol", "a b"}}, "malformed BadHeader", extended},
      {{{":method", "CONNECT"}, {":protocol", ""}}, "malformed BadHeader", extended},
  };
  check(cases);
}

TEST_CASE("a WebSocket upgrade gets one key, in base64") {
  RequestHead head;
  add_websocket_key(head, {0, 0});
  CHECK(head.fields.find("Sec-WebSocket-Key") == "AAAAAAAAAAAAAAAAAAAAAA==");
  add_websocket_key(head, {1, 1});
  CHECK(head.fields.size() == 1);
  head.clear();
  add_websocket_key(head, {~std::uint64_t{0}, ~std::uint64_t{0}});
  CHECK(head.fields.find("Sec-WebSocket-Key") == "/////////////////////w==");
  RequestHead other;
  add_websocket_key(other, {std::uint64_t{1} << 60, std::uint64_t{1} << 62});
  CHECK(other.fields.find("Sec-WebSocket-Key") == "AAAAAAAAAAAAAAAAAAAABQ==");
}

TEST_CASE("a head is bounded in size and in fields") {
  // 42, 44, 51 and 38 bytes of the pseudo-header fields with 32 for each.
  const std::uint64_t size = 7 + 3 + 7 + 5 + 10 + 9 + 5 + 1 + 4 * 32;
  CHECK(read_request(get_fields(), {.limits = {.head_bytes = size}}).starts_with("GET"));
  CHECK(read_request(get_fields(), {.limits = {.head_bytes = size - 1}}) == "431 header_too_large");
  CHECK(read_request(get_fields({{"x", "12"}}), {.limits = {.head_bytes = size + 35}}).starts_with("GET"));
  CHECK(read_request(get_fields({{"x", "123"}}), {.limits = {.head_bytes = size + 35}}) ==
        "431 header_too_large");
  CHECK(read_request(get_fields({{"x", ""}, {"y", ""}}), {.limits = {.fields = 3}}).starts_with("GET"));
  CHECK(read_request(get_fields({{"x", ""}, {"y", ""}}), {.limits = {.fields = 2}}) ==
        "431 too_many_headers");
}

TEST_CASE("nothing is kept of a head behind its first problem") {
  HpackDecoder decoder;
  RequestHead head;
  H2RequestReader reader(head, {.fields = 2});
  CHECK(decoder.decode(test::block(get_fields({{"a", ""}, {"b", ""}, {"c", ""}, {"bad name", ""}})), reader));
  CHECK(reader.finish(true) == H2Verdict{H2Verdict::Kind::refused, Problem::too_many_headers});
  CHECK(test::show(head.fields) == " [host=a.example] [a=]");
  CHECK(head.target() == "/");
}

std::string encoded(const OutgoingRequest& head) {
  std::string block;
  write_h2_request_head(block, head, "https");
  return test::decoded(block);
}

TEST_CASE("a request to a target is written with its framing fields, Host as :authority") {
  OutgoingRequest head;
  head.target = "/x";
  head.authority = "client.example";
  CHECK(encoded(head) == ":method: GET\n:scheme: https\n:authority: client.example\n:path: /x\n");
  head.fields.add("Host", "b.example");
  head.fields.add("X-Custom", "1");
  head.fields.add("Connection", "close");
  head.fields.add("Upgrade", "x");
  head.accepts_trailers = true;
  CHECK(encoded(head) ==
        ":method: GET\n:scheme: https\n:authority: b.example\n:path: /x\nx-custom: 1\n"
        "te: trailers\n");
}

TEST_CASE("the content of a request to a target is announced as in HTTP/1.1") {
  OutgoingRequest head;
  head.method = Method::post;
  head.method_text = "POST";
  const std::string start = ":method: POST\n:scheme: https\n:path: /\n";
  CHECK(encoded(head) == start + "content-length: 0\n");
  head.body = {Body::Kind::length, 7};
  CHECK(encoded(head) == start + "content-length: 7\n");
  head.body = {Body::Kind::chunked, 0};
  CHECK(encoded(head) == start);
}

}  // namespace
}  // namespace weir::http
