#include "lb/observe/syslog_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace weir::observe {
namespace {

constexpr std::string_view kCut = "...";

iovec piece(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

std::expected<SyslogSocket, std::string> SyslogSocket::open(std::string_view address) {
  auto parsed = base::SocketAddress::parse(address);
  if (!parsed) return std::unexpected(parsed.error());
  SyslogSocket socket(*std::move(parsed));
  return socket;
}

SyslogSocket::SyslogSocket(SyslogSocket&& other) noexcept
    : address_(std::move(other.address_)),
      sender_(std::move(other.sender_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      error_(other.error_) {}

SyslogSocket& SyslogSocket::operator=(SyslogSocket&& other) noexcept {
  std::swap(address_, other.address_);
  std::swap(sender_, other.sender_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(error_, other.error_);
  return *this;
}

SyslogSocket::~SyslogSocket() { disconnect(); }

void SyslogSocket::disconnect() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

std::size_t SyslogSocket::write(std::string_view lines, const GiveUp& give_up) {
  error_ = 0;
  const std::string head = syslog_head(sender_, std::chrono::system_clock::now());
  std::size_t lost = 0;
  bool given_up = false;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size() - 1);
    // One that takes nothing has had its time: the rest of the batch is lost with this line.
    given_up = given_up || !send(head, lines.substr(0, end), give_up);
    if (given_up) ++lost;
    lines.remove_prefix(end + 1);
  }
  return lost;
}

bool SyslogSocket::connect() {
  disconnect();
  sockaddr_storage native{};
  const socklen_t length = address_.to_native(native);
  descriptor_ = ::socket(address_.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor_ >= 0 && ::connect(descriptor_, reinterpret_cast<sockaddr*>(&native), length) == 0)
    return true;
  error_ = errno;
  disconnect();
  return false;
}

// A daemon that has begun anew is found by its address. One that is refused a UDP datagram learns that of the
// datagram before.
bool SyslogSocket::send(std::string_view head, std::string_view line, const GiveUp& give_up) {
  for (bool anew : {false, true}) {
    if ((anew || descriptor_ < 0) && !connect()) return false;
    int error = send_once(head, line);
    while (error == EAGAIN || error == ENOBUFS) {
      if (!wait_writable(give_up)) {
        error_ = error;
        return false;
      }
      error = send_once(head, line);
    }
    if (error == 0) return true;
    error_ = error;
  }
  disconnect();
  return false;
}

// Returns its errno.
int SyslogSocket::send_once(std::string_view head, std::string_view line) const {
  const std::string_view part = fitting(line, head.size());
  iovec pieces[] = {piece(head), piece(part), piece(part.size() < line.size() ? kCut : std::string_view())};
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = std::size(pieces);
  long sent = 0;
  do {
    sent = ::sendmsg(descriptor_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

bool SyslogSocket::wait_writable(const GiveUp& give_up) const {
  constexpr int kTickMilliseconds = 100;
  constexpr int kMostTicks = 10;
  pollfd watched{descriptor_, POLLOUT, 0};
  for (int tick = 0; tick < kMostTicks && !give_up(); ++tick) {
    if (::poll(&watched, 1, kTickMilliseconds) > 0) return true;
  }
  return false;
}

}  // namespace weir::observe
