#include "tests/support/peer.h"

#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <chrono>

#include "lb/base/text.h"

namespace weir::test {
namespace {

constexpr std::chrono::seconds kPeerPatience(10);

// Takes a chunked body off the front of `bytes`; false if it is not all there.
bool take_chunked(std::string& bytes, std::size_t at, Message& message) {
  for (;;) {
    const std::size_t line_end = bytes.find("\r\n", at);
    if (line_end == std::string::npos) return false;
    std::size_t size = 0;
    std::from_chars(bytes.data() + at, bytes.data() + line_end, size, 16);
    at = line_end + 2;
    if (size == 0) break;
    if (bytes.size() < at + size + 2) return false;
    message.body.append(bytes, at, size);
    at += size + 2;
  }
  while (bytes.compare(at, 2, "\r\n") != 0) {
    const std::size_t line_end = bytes.find("\r\n", at);
    if (line_end == std::string::npos) return false;
    message.trailers.append(bytes, at, line_end + 2 - at);
    at = line_end + 2;
  }
  bytes.erase(0, at + 2);
  return true;
}

}  // namespace

unsigned Message::status() const {
  unsigned value = 0;
  if (start_line.size() >= 12) std::from_chars(start_line.data() + 9, start_line.data() + 12, value);
  return value;
}

std::string Message::field(std::string_view name) const {
  std::string result;
  std::size_t at = head.find("\r\n");
  while (at != std::string::npos && at + 2 < head.size()) {
    const std::size_t begin = at + 2;
    at = head.find("\r\n", begin);
    const std::string_view line = std::string_view(head).substr(begin, at - begin);
    if (line.size() <= name.size() + 1 || line[name.size()] != ':') continue;
    if (!base::equals_ignoring_case(line.substr(0, name.size()), name)) continue;
    if (!result.empty()) result += '|';
    std::string_view value = line.substr(name.size() + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    result += value;
  }
  return result;
}

bool Message::has(std::string_view name) const { return !field(name).empty(); }

bool Peer::run_until(const Turn& turn, const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPeerPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    turn();
  }
  return true;
}

void Peer::send(std::string_view bytes) {
  run_until(turn_, [&] {
    bytes.remove_prefix(send_some(bytes));
    return bytes.empty() || broken_;
  });
}

// Until the end of the head, then by its framing. An answer without any runs until the close.
bool Peer::take_message(Message& message, bool bodiless) {
  receive();
  const std::size_t head_end = buffer_.find("\r\n\r\n");
  if (head_end == std::string::npos) return false;
  message = {};
  message.head = buffer_.substr(0, head_end + 4);
  message.start_line = buffer_.substr(0, buffer_.find("\r\n"));
  const std::size_t body = head_end + 4;
  const bool response = message.start_line.starts_with("HTTP/");
  const unsigned status = response ? message.status() : 0;
  const std::string length = message.field("content-length");
  if (bodiless || (response && (status < 200 || status == 204 || status == 304))) {
    buffer_.erase(0, body);
  } else if (message.field("transfer-encoding") == "chunked") {
    if (!take_chunked(buffer_, body, message)) return false;
  } else if (!length.empty() || !response) {
    std::size_t size = 0;
    std::from_chars(length.data(), length.data() + length.size(), size);
    if (buffer_.size() < body + size) return false;
    message.body = buffer_.substr(body, size);
    buffer_.erase(0, body + size);
  } else {
    if (!ended_) return false;
    message.body = buffer_.substr(body);
    buffer_.clear();
  }
  message.whole = true;
  return true;
}

Message Peer::read(bool bodiless) {
  Message message;
  run_until(turn_, [&] { return take_message(message, bodiless) || ended_ || broken_; });
  return message;
}

std::string Peer::read_to(std::string_view text) {
  std::size_t found = std::string::npos;
  run_until(turn_, [&] {
    receive();
    found = buffer_.find(text);
    return found != std::string::npos || ended_ || broken_;
  });
  if (found == std::string::npos) return {};
  return read_bytes(found + text.size());
}

std::string Peer::read_bytes(std::size_t count) {
  read_limit_ = count;
  run_until(turn_, [&] {
    receive();
    return buffer_.size() >= count || ended_ || broken_;
  });
  read_limit_ = SIZE_MAX;
  std::string result = buffer_.substr(0, count);
  buffer_.erase(0, result.size());
  return result;
}

std::string Peer::read_to_end() {
  wait_gone();
  return std::exchange(buffer_, {});
}

const std::string& Peer::waiting() {
  receive();
  return buffer_;
}

bool Peer::ended() {
  receive();
  return ended_;
}

bool Peer::broken() {
  receive();
  return broken_;
}

bool Peer::wait_gone() {
  return run_until(turn_, [&] { return gone(); });
}

std::size_t SocketPeer::send_some(std::string_view bytes) {
  const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno != EAGAIN && errno != EINTR) broken_ = true;
  return 0;
}

void SocketPeer::shutdown_write() { ::shutdown(socket_.get(), SHUT_WR); }

void SocketPeer::reset() {
  const linger now{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  socket_.reset();
}

void SocketPeer::receive() {
  if (!socket_.valid()) return;
  char bytes[65536];
  while (!ended_ && buffer_.size() < read_limit_) {
    const std::size_t most = std::min(sizeof bytes, read_limit_ - buffer_.size());
    const ssize_t got = ::recv(socket_.get(), bytes, most, MSG_DONTWAIT);
    if (got > 0) {
      buffer_.append(bytes, static_cast<std::size_t>(got));
      continue;
    }
    if (got == 0) ended_ = true;
    if (got < 0 && errno != EAGAIN && errno != EINTR) broken_ = true;
    return;
  }
}

}  // namespace weir::test
