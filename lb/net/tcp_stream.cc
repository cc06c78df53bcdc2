#include "lb/net/tcp_stream.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

namespace weir::net {

TcpStream::TcpStream(Loop& loop, Fd fd) : fd_(std::move(fd)), watcher_(loop, fd_.get(), this, on_events) {}

std::expected<std::unique_ptr<TcpStream>, int> TcpStream::connect(Loop& loop, const base::SocketAddress& to) {
  Fd fd(::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return std::unexpected(errno);
  if (!to.is_unix()) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  sockaddr_storage native{};
  const socklen_t length = to.to_native(native);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&native), length) != 0 && errno != EINPROGRESS) {
    return std::unexpected(errno);
  }
  return std::make_unique<TcpStream>(loop, std::move(fd));
}

IoResult TcpStream::established() {
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  return error == 0 ? IoResult::done(0) : IoResult::failed(error);
}

void TcpStream::want(Interest interest) {
  const int mask = (interest.read ? Watcher::kReadable : 0) | (interest.write ? Watcher::kWritable : 0);
  // After our FIN a hang-up may be no more than the peer's FIN, with bytes before it unread.
  watcher_.set(mask != 0 || shut_ ? mask : Watcher::kErrors);
}

Interest TcpStream::wanted() const {
  return {(watcher_.events() & Watcher::kReadable) != 0, (watcher_.events() & Watcher::kWritable) != 0};
}

IoResult TcpStream::read(std::span<char> into) {
  for (;;) {
    const ssize_t got = ::recv(fd_.get(), into.data(), into.size(), 0);
    if (got > 0) return IoResult::done(static_cast<std::size_t>(got));
    if (got == 0) return IoResult::end();
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return IoResult::would_block();
    return IoResult::failed(errno);
  }
}

IoResult TcpStream::write(std::span<const iovec> parts) {
  for (;;) {
    ssize_t put = 0;
    if (parts.size() == 1) {
      put = ::send(fd_.get(), parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL);
    } else {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(parts.data());
      message.msg_iovlen = parts.size();
      put = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
    }
    if (put >= 0) return IoResult::done(static_cast<std::size_t>(put));
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return IoResult::would_block();
    return IoResult::failed(errno);
  }
}

IoResult TcpStream::shutdown_write() {
  if (::shutdown(fd_.get(), SHUT_WR) != 0) return IoResult::failed(errno);
  shut_ = true;
  want(wanted());
  return IoResult::done(0);
}

std::uint64_t TcpStream::untaken() const {
  int bytes = 0;
  return ::ioctl(fd_.get(), SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::uint64_t>(bytes) : 0;
}

void TcpStream::reset_on_close() {
  const linger now{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void TcpStream::on_events(void* self, int events) {
  auto* stream = static_cast<TcpStream*>(self);
  // One call an event: the owner may be gone after it. What is left comes again (level triggered).
  if ((events & ~Watcher::kWritable) != 0) {
    stream->events_->on_readable();
  } else {
    stream->events_->on_writable();
  }
}

}  // namespace weir::net
