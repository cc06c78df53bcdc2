#include "bench/compare/visitor.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

#include "lb/base/text.h"
#include "lb/net/tls_failure.h"

namespace weir::bench::compare {
namespace {

constexpr timeval kSocketPatience{.tv_sec = 5, .tv_usec = 0};

std::unexpected<std::string> system_error(std::string_view what) {
  return std::unexpected(fmt::format("{}: {}", what, std::strerror(errno)));
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

std::expected<Visitor, std::string> Visitor::connect(std::uint16_t port, bool secure) {
  net::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return system_error("socket");
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kSocketPatience, sizeof kSocketPatience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kSocketPatience, sizeof kSocketPatience);
  const sockaddr_in address = loopback(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return system_error("connect");
  }
  Visitor visitor(std::move(fd));
  if (secure) {
    if (const auto begun = visitor.begin_tls(); !begun) return std::unexpected(begun.error());
  }
  return visitor;
}

std::expected<void, std::string> Visitor::begin_tls() {
  static const net::SslContextPointer context(SSL_CTX_new(TLS_client_method()));
  if (context) tls_.reset(SSL_new(context.get()));
  if (!tls_ || SSL_set_fd(tls_.get(), fd_.get()) != 1 || SSL_connect(tls_.get()) != 1) {
    return std::unexpected(fmt::format("TLS: {}", net::take_tls_error_text()));
  }
  return {};
}

ssize_t Visitor::send(std::string_view bytes) {
  if (!tls_) return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
}

ssize_t Visitor::receive(std::span<char> into) {
  if (!tls_) return ::recv(fd_.get(), into.data(), into.size(), 0);
  return SSL_read(tls_.get(), into.data(), static_cast<int>(into.size()));
}

std::unexpected<std::string> Visitor::broken(std::string_view what) const {
  if (!tls_) return system_error(what);
  return std::unexpected(fmt::format("{} over TLS: {}", what, net::take_tls_error_text()));
}

std::expected<int, std::string> Visitor::get(std::string_view path) {
  const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", path);
  if (send(request) != static_cast<ssize_t>(request.size())) return broken("send");
  std::string answer;
  std::size_t head_end = std::string::npos;
  std::optional<AnswerHead> head;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(kSocketPatience.tv_sec);
  while (!head || answer.size() < head_end + head->content_length) {
    if (std::chrono::steady_clock::now() > end)
      return std::unexpected(std::string("the answer does not end"));
    char buffer[16384];
    const ssize_t got = receive(buffer);
    if (got < 0) return broken("receive");
    if (got == 0) return std::unexpected(std::string("the connection was closed"));
    answer.append(buffer, static_cast<std::size_t>(got));
    if (!head) head_end = answer.find("\r\n\r\n");
    if (head || head_end == std::string::npos) continue;
    const auto parsed = parse_answer_head(std::string_view(answer).substr(0, head_end));
    if (!parsed) return std::unexpected(parsed.error());
    head = *parsed;
    head_end += 4;
  }
  return head->status;
}

std::expected<AnswerHead, std::string> parse_answer_head(std::string_view head) {
  AnswerHead result;
  const std::size_t space = head.find(' ');
  const auto status = base::parse_decimal(head.substr(space == std::string_view::npos ? 0 : space + 1, 3));
  if (!head.starts_with("HTTP/1.") || !status) return std::unexpected(std::string("this is no HTTP answer"));
  result.status = static_cast<int>(*status);
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at)) {
    at += 2;
    const std::string_view line = head.substr(at, head.find("\r\n", at) - at);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos ||
        !base::equals_ignoring_case(line.substr(0, colon), "content-length")) {
      continue;
    }
    if (const auto length = base::parse_decimal(base::trim(line.substr(colon + 1)))) {
      result.content_length = *length;
      return result;
    }
  }
  return std::unexpected(fmt::format("an answer of status {} has no Content-Length", result.status));
}

std::expected<std::uint16_t, std::string> free_port() {
  const net::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (!fd.valid() || ::bind(fd.get(), any, length) != 0 || ::getsockname(fd.get(), any, &length) != 0) {
    return system_error("a free port");
  }
  return ntohs(address.sin_port);
}

}  // namespace weir::bench::compare
