#pragma once

#include <cstdint>
#include <string_view>

#include "lb/http/head.h"
#include "lb/http/message_parser.h"
#include "lb/http/plain_head.h"
#include "lb/http/problem.h"

// HTTP/1 messages out of bytes (RFC 9112), strictly: llhttp does the grammar, and what it lets pass
// that a strict reader would not is refused here. Pull style: the owner feeds bytes and acts on one
// step at a time, so nothing is ever destroyed from inside the parser. No I/O, no clock; lives on
// the thread of its connection.
//
// The owner calls next() with what is left of its input until the step is need_more, failed or end;
// after `end` it calls reset() before the next message. How the bytes are cut into inputs changes
// nothing in the heads, the content and the end that come out.
namespace weir::http {

class RequestParser : public MessageParser {
 public:
  explicit RequestParser(const ParserLimits& limits);

  Step next(std::string_view input);
  // Valid from the head step on. May be swapped or moved from; swapping keeps the memory in use.
  RequestHead& head() { return head_; }
  // For a request that is refused before its head is complete: what is known of its first line, for the log.
  void salvage();
  void reset();  // ready for the next message on the same connection

 private:
  bool skip_empty_lines(std::string_view& input);
  Step read_head(std::string_view input);
  void take_line(Method method, std::uint32_t method_size, std::uint8_t version_minor);
  Problem read_start_line();
  Problem read_target(std::string_view target);
  Problem read_absolute_target(std::string_view target);
  Problem read_host();
  Step refuse(Problem problem, std::size_t consumed);
  Problem read_content();

  RequestHead head_;
  std::uint8_t empty_line_bytes_ = 0;
};

// For responses: no body for HEAD, 1xx, 204, 304. A head with a status below 200 is followed by an
// `end` step like any other; if it is not 101, the owner resets and reads the next head of the same
// request. After the `end` of a 101 the bytes are no HTTP any more: the owner stops calling.
class ResponseParser : public MessageParser {
 public:
  explicit ResponseParser(const ParserLimits& limits);

  void expect(Method request_method) { request_method_ = request_method; }  // stays over reset()
  Step next(std::string_view input);
  // The peer closed: `end` for a body until close and after an end, else `failed` with
  // closed_before_response (not a byte of a response came), incomplete_head or incomplete_body.
  Step at_eof();
  ResponseHead& head() { return head_; }
  void reset();

 private:
  void take_line(std::uint16_t status, Extent reason, std::uint8_t version_minor);
  Problem read_status_line();
  Problem read_content();

  ResponseHead head_;
  Method request_method_ = Method::get;
};

}  // namespace weir::http
