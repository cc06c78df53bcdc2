#include "lb/net/tcp_stream.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>

#include "lb/net/kernel_tls.h"

namespace weir::net {
namespace {

constexpr unsigned kSpliceFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

template <class Call>
ssize_t restarted(Call call) {
  for (;;) {
    const ssize_t result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

}  // namespace

TcpStream::~TcpStream() { watcher_.closes_with_descriptor(); }

TcpStream::Made TcpStream::adopt(Loop& loop, Fd fd) {
  std::unique_ptr<TcpStream> stream(new TcpStream(loop, std::move(fd)));
  if (auto watched = stream->watcher_.watch(stream->fd()); !watched) return std::unexpected(watched.error());
  return stream;
}

TcpStream::Made TcpStream::connect(Loop& loop, const base::SocketAddress& to) {
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
  return adopt(loop, std::move(fd));
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

IoResult TcpStream::read_result(ssize_t got, std::size_t asked) {
  if (got > 0) {
    const auto bytes = static_cast<std::size_t>(got);
    if (bytes < asked && !watcher_.ending()) watcher_.spent(Watcher::kReadable);
    return IoResult::done(bytes);
  }
  watcher_.spent(Watcher::kReadable);
  if (got == 0) return IoResult::end();
  return errno == EAGAIN ? IoResult::would_block() : IoResult::failed(errno);
}

IoResult TcpStream::write_result(ssize_t put, std::size_t asked) {
  if (put >= 0) {
    const auto bytes = static_cast<std::size_t>(put);
    if (bytes < asked) watcher_.spent(Watcher::kWritable);
    return IoResult::done(bytes);
  }
  watcher_.spent(Watcher::kWritable);
  return errno == EAGAIN ? IoResult::would_block() : IoResult::failed(errno);
}

IoResult TcpStream::read(std::span<char> into) {
  return read_result(restarted([&] { return ::recv(fd_.get(), into.data(), into.size(), 0); }), into.size());
}

IoResult TcpStream::write(std::span<const iovec> parts) {
  // With MSG_MORE the kernel holds back a last small segment, for the FIN to go with it.
  const int flags = std::exchange(last_write_, false) ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL;
  if (parts.size() == 1) {
    const auto [bytes, size] = parts[0];
    return write_result(restarted([&] { return ::send(fd_.get(), bytes, size, flags); }), size);
  }
  std::size_t size = 0;
  for (const iovec& part : parts) size += part.iov_len;
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  return write_result(restarted([&] { return ::sendmsg(fd_.get(), &message, flags); }), size);
}

IoResult TcpStream::splice_to(int pipe, std::size_t most) {
  const ssize_t got =
      restarted([&] { return ::splice(fd_.get(), nullptr, pipe, nullptr, most, kSpliceFlags); });
  // Less than was asked for may be the pipe's limit, and not the end of what there is.
  return got > 0 ? IoResult::done(static_cast<std::size_t>(got)) : read_result(got, most);
}

IoResult TcpStream::splice_from(int pipe, std::size_t most) {
  const ssize_t put =
      restarted([&] { return ::splice(pipe, nullptr, fd_.get(), nullptr, most, kSpliceFlags); });
  return put > 0 ? IoResult::done(static_cast<std::size_t>(put)) : write_result(put, most);
}

bool TcpStream::seal_in_system(const void* keys) { return seal_in_kernel(fd_.get(), keys); }

IoResult TcpStream::write_record(std::uint8_t type, std::string_view content) {
  return write_result(restarted([&] { return send_kernel_record(fd_.get(), type, content); }),
                      content.size());
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
  // One call an event: the owner may be gone after it. What is left comes again.
  if ((events & ~Watcher::kWritable) != 0) {
    stream->events_->on_readable();
  } else {
    stream->events_->on_writable();
  }
}

}  // namespace weir::net
