#pragma once

#include <string>
#include <string_view>

#include "lb/http/h2_fields.h"
#include "lb/http/head.h"
#include "lb/http/limits.h"

// Responses and trailers over HTTP/2 (RFC 9113 8.1, 8.3.2).
namespace weir::http {

// Appends the header block of a response, interim ones too. Content-Length is written as
// write_response_head() does; connection-specific fields are left out. A 101 is the answer to an extended
// CONNECT: it becomes a 200 without the fields of the handshake (RFC 8441 5.1).
void write_h2_response_head(std::string& block, const OutgoingResponse& head, bool head_request);

// Appends the header block of a trailer section.
void write_h2_trailers(std::string& block, const FieldList& trailers);

// A response from a target, one header block of it: decoder.decode(block, reader), then finish().
class H2ResponseReader {
 public:
  // `head` is clear and outlives the reader.
  H2ResponseReader(ResponseHead& head, const ParserLimits& limits, Method request_method)
      : head_(head), reader_(head.fields, limits), request_method_(request_method) {}

  void take(const HpackField& field);
  // An interim response with END_STREAM, and a 101, are malformed.
  H2Verdict finish(bool end_stream);

 private:
  void take_status(std::string_view value);
  void read_content(bool end_stream);

  ResponseHead& head_;
  H2FieldReader reader_;
  Method request_method_;
  bool in_fields_ = false;
  bool has_status_ = false;
};

}  // namespace weir::http
