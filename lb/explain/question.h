#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "lb/base/address.h"

namespace weir::explain {

// What is asked about, as it was written.
struct Asked {
  std::string url;  // http(s)://HOST[:PORT][/PATH][?QUERY]
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string from = "127.0.0.1";  // the address that the connection comes from
  std::string listener = {};       // empty: the one that the port of the URL belongs to, or the only one
};

// The same, read.
struct Question {
  Asked asked;
  std::string host;       // of the URL, in lower case; an IPv6 address with its brackets
  std::string authority;  // host and port as the URL has them
  std::string target;     // path and query
  std::uint16_t port = 80;
  bool tls = false;  // the URL is one of https
  base::IpAddress from = {};

  // The request that a client would send: Host, unless a header is one, and the headers. It has no content.
  std::string bytes() const;
};

struct QuestionError {
  std::string field;  // url, method, headers, from
  std::string message;
  bool operator==(const QuestionError&) const = default;
};

// Refuses only what is no request at all, or more than one: what a client may send and weir refuses is part
// of the explanation.
std::expected<Question, QuestionError> read_question(const Asked& asked);

}  // namespace weir::explain
