#include "tests/support/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace weir::test {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bool wait_for(int fd, short events, Milliseconds patience) {
  pollfd waiting{fd, events, 0};
  return ::poll(&waiting, 1, static_cast<int>(patience.count())) > 0;
}

sockaddr_in tcp_address(const std::string& ip, const std::string& port) {
  sockaddr_in native{};
  native.sin_family = AF_INET;
  native.sin_port = htons(static_cast<std::uint16_t>(std::stoul(port)));
  if (::inet_pton(AF_INET, ip.c_str(), &native.sin_addr) != 1) throw std::runtime_error("no address: " + ip);
  return native;
}

bool is_unix(const std::string& address) { return address.starts_with("unix:"); }

sockaddr_un unix_address(const std::string& address) {
  sockaddr_un native{};
  native.sun_family = AF_UNIX;
  address.copy(native.sun_path, sizeof native.sun_path - 1, 5);
  return native;
}

int new_socket(const std::string& address) {
  const int fd = ::socket(is_unix(address) ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  return fd;
}

void bind_to(int fd, const sockaddr_in& native, const std::string& address) {
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&native), sizeof native) != 0) fail(address);
}

template <typename Address>
void connect_to(int fd, const Address& native, const std::string& address) {
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&native), sizeof native) != 0) fail(address);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string Answer::field(std::string_view name) const {
  for (std::size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at)) {
    at += 2;
    const std::string_view line = std::string_view(head).substr(at, head.find("\r\n", at) - at);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !equals_ignoring_case(line.substr(0, colon), name)) continue;
    const std::size_t begin = line.find_first_not_of(' ', colon + 1);
    return begin == std::string_view::npos ? "" : std::string(line.substr(begin));
  }
  return {};
}

// What is thrown from here on closes the socket: the object exists already.
Connection::Connection(const std::string& address, const Options& options) : Connection(new_socket(address)) {
  if (options.receive_buffer != 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof options.receive_buffer);
  }
  if (is_unix(address)) {
    connect_to(fd_, unix_address(address), address);
    return;
  }
  if (!options.from.empty()) bind_to(fd_, tcp_address(options.from, "0"), options.from);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const std::size_t colon = address.rfind(':');
  connect_to(fd_, tcp_address(address.substr(0, colon), address.substr(colon + 1)), address);
}

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

void Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = send_some(bytes, kPatience);
    if (!sent) fail("send");
    if (*sent == 0) throw std::runtime_error("the other end takes nothing");
    bytes.remove_prefix(*sent);
  }
}

std::optional<std::size_t> Connection::send_some(std::string_view bytes, Milliseconds patience) {
  if (!wait_for(fd_, POLLOUT, patience)) return 0;
  const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno == EAGAIN) return 0;
  if (sent < 0) return std::nullopt;
  return static_cast<std::size_t>(sent);
}

void Connection::shutdown_write() { ::shutdown(fd_, SHUT_WR); }

void Connection::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(std::exchange(fd_, -1));
}

std::string Connection::receive(std::size_t most, Milliseconds patience) {
  if (!buffer_.empty()) return std::exchange(buffer_, {});
  if (!readable(patience)) throw std::runtime_error("nothing comes");
  std::string bytes;
  bytes.resize(most);
  const ssize_t got = ::recv(fd_, bytes.data(), most, 0);
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

bool Connection::closes(Milliseconds patience, std::string* rest) {
  const Stopwatch watch;
  for (;;) {
    const Milliseconds left = patience - watch.elapsed();
    if (buffer_.empty() && (left.count() < 0 || !readable(left))) return false;
    const std::string bytes = receive();
    if (bytes.empty()) return true;
    if (rest != nullptr) *rest += bytes;
  }
}

bool Connection::at_end() const {
  char byte;
  const ssize_t got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN);
}

bool Connection::readable(Milliseconds patience) const { return wait_for(fd_, POLLIN, patience); }

bool Connection::fill() {
  std::string bytes = std::exchange(buffer_, {});
  const std::string more = receive();
  buffer_ = std::move(bytes) + more;
  return !more.empty();
}

std::string Connection::line() {
  std::size_t end;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!fill()) return std::exchange(buffer_, {});
  }
  std::string result = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return result;
}

std::vector<std::string> Connection::head_lines() {
  while (buffer_.find("\r\n\r\n") == std::string::npos) {
    if (!fill()) return {};
  }
  std::vector<std::string> lines;
  for (std::string next = line(); !next.empty(); next = line()) lines.push_back(std::move(next));
  return lines;
}

bool Connection::read_chunks(std::string& to) {
  for (;;) {
    const std::string size = line();
    if (size.empty()) return false;
    const std::size_t length = std::stoul(size, nullptr, 16);
    const std::size_t before = to.size();
    body(length, [&](std::string_view piece) { to += piece; });
    if (to.size() - before != length) return false;
    if (length == 0) break;
    line();
  }
  while (!line().empty()) {
  }
  return true;
}

std::string Connection::chunked_body() {
  std::string result;
  if (!read_chunks(result)) throw std::runtime_error("a chunked body was cut");
  return result;
}

Answer Connection::answer(std::string_view method) {
  Answer result;
  const std::vector<std::string> lines = head_lines();
  if (lines.empty()) return result;
  for (const std::string& one : lines) result.head += (result.head.empty() ? "" : "\r\n") + one;
  result.status = std::stoi(result.head.substr(result.head.find(' ') + 1));
  const std::string length = result.field("Content-Length");
  if (method == "HEAD" || result.status < 200 || result.status == 204 || result.status == 304) {
    result.whole = true;
  } else if (!result.field("Transfer-Encoding").empty()) {
    result.whole = read_chunks(result.body);
  } else if (!length.empty()) {
    body(std::stoul(length), [&](std::string_view piece) { result.body += piece; });
    result.whole = result.body.size() == std::stoul(length);
  } else {
    result.whole = closes(kPatience, &result.body);
  }
  return result;
}

Answer fetch(const std::string& address, std::string_view target, std::string_view fields) {
  Connection connection(address);
  std::string request = "GET " + std::string(target) + " HTTP/1.1\r\n";
  if (fields.find("Host:") == std::string_view::npos) request += "Host: localhost\r\n";
  connection.send(request.append(fields).append("Connection: close\r\n\r\n"));
  return connection.answer();
}

std::string pattern(std::size_t offset, std::size_t length) {
  static const std::string kPeriod = [] {
    std::string bytes;
    for (unsigned i = 0; i < 65521; ++i) bytes += static_cast<char>('!' + (i * 7919U >> 3) % 90);
    return bytes + bytes;
  }();
  std::string result;
  result.reserve(length);
  while (result.size() < length) {
    const std::size_t start = (offset + result.size()) % 65521;
    result.append(kPeriod, start, std::min<std::size_t>(65521, length - result.size()));
  }
  return result;
}

}  // namespace weir::test
