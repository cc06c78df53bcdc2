#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "lb/net/fd.h"
#include "lb/net/tls_pointers.h"

namespace weir::bench::compare {

// A client on 127.0.0.1 that makes one request after the other on one connection and waits for each answer.
// For asking whether a proxy serves, and for the clients that are to be idle; no load can be made with it.
class Visitor {
 public:
  // `secure`: over TLS, without a look at the certificate.
  static std::expected<Visitor, std::string> connect(std::uint16_t port, bool secure);

  // GETs the path and takes the whole answer, which has to have a Content-Length; returns its status.
  std::expected<int, std::string> get(std::string_view path);

  // Asks no more, but stays connected; gives its own memory of TLS back.
  void rest() { tls_.reset(); }

 private:
  explicit Visitor(net::Fd fd) : fd_(std::move(fd)) {}
  std::expected<void, std::string> begin_tls();
  ssize_t send(std::string_view bytes);
  ssize_t receive(std::span<char> into);
  std::unexpected<std::string> broken(std::string_view what) const;

  net::Fd fd_;
  net::SslPointer tls_;  // null: in the clear, or at rest
};

// Head of an answer as far as a visitor needs it.
struct AnswerHead {
  int status = 0;
  std::uint64_t content_length = 0;
};
// The error says what the head lacks.
std::expected<AnswerHead, std::string> parse_answer_head(std::string_view head);

// A port of 127.0.0.1 that was free a moment ago.
std::expected<std::uint16_t, std::string> free_port();

}  // namespace weir::bench::compare
