#pragma once

#include <string_view>

#include "lb/http/parser.h"
#include "lb/model/listener.h"

namespace weir::explain {

// A request as the listener reads it.
class ReadRequest {
 public:
  ReadRequest(const model::Listener& listener, std::string_view bytes)
      : parser_({listener.limits.header_bytes, listener.limits.headers, listener.limits.target_bytes}),
        whole_(parser_.next(bytes).kind == http::Step::Kind::head) {}
  ReadRequest(const ReadRequest&) = delete;
  ReadRequest& operator=(const ReadRequest&) = delete;
  ~ReadRequest() = default;

  // False: it is refused as malformed, and its head is not known.
  bool whole() const { return whole_; }
  const http::RequestHead& head() { return parser_.head(); }

 private:
  http::RequestParser parser_;
  bool whole_;
};

}  // namespace weir::explain
