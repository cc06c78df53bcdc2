#include "lb/net/message_channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace weir::net {
namespace {

constexpr int kSocketBuffer = 1 << 20;

struct Received {
  enum class Kind { message, none, end, error } kind = Kind::none;
  Message message = {};
  std::string why = {};
};

std::vector<Fd> descriptors_of(msghdr& head) {
  std::vector<Fd> fds;
  for (cmsghdr* at = CMSG_FIRSTHDR(&head); at != nullptr; at = CMSG_NXTHDR(&head, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(at) + i * sizeof fd, sizeof fd);
      fds.emplace_back(fd);
    }
  }
  return fds;
}

Received receive(int socket) {
  const auto bytes = std::make_unique_for_overwrite<char[]>(Message::kMostBytes);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(Message::kMostFds * sizeof(int))> control{};
  iovec piece{bytes.get(), Message::kMostBytes};
  msghdr head{};
  head.msg_iov = &piece;
  head.msg_iovlen = 1;
  head.msg_control = control.data();
  head.msg_controllen = control.size();
  ssize_t got = -1;
  do {
    got = ::recvmsg(socket, &head, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {};
  if (got < 0 && errno == ECONNRESET) return {.kind = Received::Kind::end};
  if (got < 0) return {.kind = Received::Kind::error, .why = std::strerror(errno)};
  Message message{std::string(bytes.get(), static_cast<std::size_t>(got)), descriptors_of(head)};
  if ((head.msg_flags & MSG_CTRUNC) != 0) {
    return {.kind = Received::Kind::error, .why = "there is no room for its descriptors"};
  }
  if ((head.msg_flags & MSG_TRUNC) != 0) {
    return {.kind = Received::Kind::error, .why = "a message is too large"};
  }
  if (got == 0) return {.kind = Received::Kind::end};
  return {.kind = Received::Kind::message, .message = std::move(message)};
}

// The error is an errno.
std::expected<void, int> send_now(int socket, const Message& message) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(Message::kMostFds * sizeof(int))> control{};
  iovec piece{const_cast<char*>(message.text.data()), message.text.size()};
  msghdr head{};
  head.msg_iov = &piece;
  head.msg_iovlen = 1;
  if (!message.fds.empty()) {
    head.msg_control = control.data();
    head.msg_controllen = CMSG_SPACE(message.fds.size() * sizeof(int));
    cmsghdr* const rights = CMSG_FIRSTHDR(&head);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(message.fds.size() * sizeof(int));
    for (std::size_t i = 0; i < message.fds.size(); ++i) {
      const int fd = message.fds[i].get();
      std::memcpy(CMSG_DATA(rights) + i * sizeof fd, &fd, sizeof fd);
    }
  }
  while (::sendmsg(socket, &head, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (errno != EINTR) return std::unexpected(errno);
  }
  return {};
}

bool fits(const Message& message) {
  return !message.text.empty() && message.text.size() <= Message::kMostBytes &&
         message.fds.size() <= Message::kMostFds;
}

}  // namespace

std::expected<std::pair<Fd, Fd>, int> message_pair() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return std::unexpected(errno);
  }
  for (const int end : ends) {
    ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &kSocketBuffer, sizeof kSocketBuffer);  // as far as is allowed
  }
  return std::pair(Fd(ends[0]), Fd(ends[1]));
}

std::expected<Message, std::string> receive_message(const Fd& socket, base::Duration patience) {
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  pollfd wanted{.fd = socket.get(), .events = POLLIN, .revents = 0};
  if (::poll(&wanted, 1, static_cast<int>(wait)) == 0) return std::unexpected("nothing came in time");
  Received received = receive(socket.get());
  switch (received.kind) {
    case Received::Kind::message: return std::move(received.message);
    case Received::Kind::none: return std::unexpected("nothing came");
    case Received::Kind::end: return std::unexpected("the other end has closed");
    case Received::Kind::error: break;
  }
  return std::unexpected(std::move(received.why));
}

MessageChannel::MessageChannel(Loop& loop, Fd socket, Callbacks callbacks)
    : socket_(std::move(socket)), callbacks_(std::move(callbacks)), watcher_(loop, this, on_events) {
  if (const auto watched = watcher_.watch(socket_.get()); !watched) {
    give_up("the channel of an upgrade cannot be watched");
  }
  set_interest();
}

void MessageChannel::set_interest() {
  int events = Watcher::kErrors;
  if (reading_ || !failure_.empty()) events |= Watcher::kReadable;
  if (!queue_.empty() || !failure_.empty()) events |= Watcher::kWritable;
  watcher_.set(closed_ ? 0 : events);
}

void MessageChannel::send(Message message) {
  if (closed_) return;
  queued_ += message.text.size();
  const bool good = fits(message) && queued_ <= kMostQueued;
  queue_.push_back(std::move(message));
  if (!good) {
    fail("a message is too large, or too many wait");
  } else if (queue_.size() == 1) {
    write();
  }
  set_interest();
}

void MessageChannel::write() {
  while (!queue_.empty()) {
    const auto sent = send_now(socket_.get(), queue_.front());
    if (!sent && (sent.error() == EAGAIN || sent.error() == EWOULDBLOCK)) {
      return watcher_.spent(Watcher::kWritable);
    }
    if (!sent) return fail(std::strerror(sent.error()));
    queued_ -= queue_.front().text.size();
    queue_.pop_front();
  }
}

// Told from the loop: the shutdown brings an event about.
void MessageChannel::fail(std::string why) {
  if (failure_.empty()) failure_ = std::move(why);
  queue_.clear();
  queued_ = 0;
  ::shutdown(socket_.get(), SHUT_RDWR);
}

void MessageChannel::stop_reading() {
  reading_ = false;
  set_interest();
}

void MessageChannel::read_on() {
  reading_ = true;
  set_interest();
}

// One message a time: behind it this object may be gone.
void MessageChannel::on_events(void* self, int events) {
  auto& channel = *static_cast<MessageChannel*>(self);
  if (channel.closed_) return;
  if ((events & Watcher::kWritable) != 0 && channel.failure_.empty()) channel.write();
  channel.set_interest();
  if ((events & Watcher::kReadable) != 0 && (channel.reading_ || !channel.failure_.empty())) channel.read();
}

void MessageChannel::read() {
  Received received =
      failure_.empty() ? receive(socket_.get()) : Received{.kind = Received::Kind::error, .why = failure_};
  switch (received.kind) {
    case Received::Kind::none: return watcher_.spent(Watcher::kReadable);
    case Received::Kind::message: {
      const auto on_message = callbacks_.on_message;
      return on_message(std::move(received.message));
    }
    case Received::Kind::end:
    case Received::Kind::error: break;
  }
  closed_ = true;
  queue_.clear();
  set_interest();
  const auto on_closed = callbacks_.on_closed;
  on_closed(received.why);
}

}  // namespace weir::net
