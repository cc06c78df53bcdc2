#include "lb/http/desync.h"

#include <doctest/doctest.h>

#include <string>

#include "lb/http/parser.h"

namespace weir::http {
namespace {

Classification classify_bytes(const std::string& bytes) {
  RequestParser parser({});
  REQUIRE(parser.next(bytes).kind == Step::Kind::head);
  return classify(parser.head());
}

std::string get(const std::string& fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }

TEST_CASE("oddities that leave the framing certain are classified as ALB does") {
  struct Case {
    std::string bytes;
    std::string_view reason;
    DesyncClass desync;
  };
  const std::string head = "HEAD / HTTP/1.1\r\nHost: a\r\n";
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const Case cases[] = {
      {get(""), "none", DesyncClass::none},
      {get("X-Content-Length: 5\r\nContent-Type: a\r\nTransfer-Encodings: b\r\nAccept: c\r\n"), "none",
       DesyncClass::none},
      {get("Content-Length: 0\r\n"), "GetHeadZeroContentLength", DesyncClass::acceptable},
      {head + "Content-Length: 0\r\n\r\n", "GetHeadZeroContentLength", DesyncClass::acceptable},
      {get("Content-Length: 5\r\n"), "UndefinedContentLengthSemantics", DesyncClass::ambiguous},
      {get("Transfer-Encoding: chunked\r\n"), "UndefinedTransferEncodingSemantics", DesyncClass::ambiguous},
      {post + "Content-Length: 5\r\n\r\n", "none", DesyncClass::none},
      {post + "Content-Length: 0\r\n\r\n", "none", DesyncClass::none},
      {get("Content_Length: 5\r\n"), "SuspiciousHeader", DesyncClass::ambiguous},
      {get("ContentLength: 5\r\n"), "SuspiciousHeader", DesyncClass::ambiguous},
      {get("Content-Length-: 5\r\n"), "SuspiciousHeader", DesyncClass::ambiguous},
      {get("_content-length: 5\r\n"), "SuspiciousHeader", DesyncClass::ambiguous},
      {get("Transfer_Encoding: chunked\r\n"), "SuspiciousHeader", DesyncClass::ambiguous},
      {get("transfer.encoding: chunked\r\n"), "SuspiciousHeader", DesyncClass::ambiguous},
      {get("!Transfer--Encoding!: chunked\r\n"), "SuspiciousHeader", DesyncClass::ambiguous},
      {get("-------------------: x\r\n"), "none", DesyncClass::none},
      {post + "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "SuspiciousHeader",
       DesyncClass::ambiguous},
      {get("X: caf\xc3\xa9\r\n"), "NonCompliantHeader", DesyncClass::acceptable},
      {get("User-Agent: a long enough value with one byte at the very end \xff\r\n"), "NonCompliantHeader",
       DesyncClass::acceptable},
      {get("X: caf\xc3\xa9\r\nContent-Length: 5\r\n"), "UndefinedContentLengthSemantics",
       DesyncClass::ambiguous},
  };
  for (const Case& row : cases) {
    CAPTURE(row.bytes);
    const Classification result = classify_bytes(row.bytes);
    CHECK(traits(result.reason).reason == row.reason);
    CHECK(result.desync == row.desync);
  }
}

TEST_CASE("the mode decides what becomes of an oddity") {
  const Classification fine;
  const Classification odd = {DesyncClass::acceptable, Problem::get_head_zero_content_length};
  for (const DesyncMode mode : {DesyncMode::monitor, DesyncMode::defensive, DesyncMode::strictest}) {
    CHECK(decide(mode, fine) == DesyncVerdict::forward);
  }
  CHECK(decide(DesyncMode::monitor, odd) == DesyncVerdict::forward);
  CHECK(decide(DesyncMode::defensive, odd) == DesyncVerdict::forward_and_close);
  CHECK(decide(DesyncMode::strictest, odd) == DesyncVerdict::refuse);
}

}  // namespace
}  // namespace weir::http
