#include "lb/net/watcher.h"

#include <cerrno>

namespace weir::net {

std::expected<void, int> Watcher::watch(int fd) {
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                    .data = {.u64 = loop_.event_data(place_)}};
  if (::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return std::unexpected(errno);
  fd_ = fd;
  return {};
}

Watcher::~Watcher() {
  if (fd_ >= 0) ::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_DEL, fd_, nullptr);
  loop_.forget(*this);
}

void Watcher::set(int events) {
  wanted_ = static_cast<std::uint8_t>(events);
  if (due()) loop_.enqueue(*this);
}

void Watcher::note(std::uint32_t epoll_events) {
  int ready = ready_;
  if ((epoll_events & (EPOLLIN | EPOLLRDHUP)) != 0) ready |= kReadable;
  if ((epoll_events & EPOLLOUT) != 0) ready |= kWritable;
  if ((epoll_events & (EPOLLERR | EPOLLHUP)) != 0) ready |= kReadable | kWritable | kHangUp;
  if ((epoll_events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0) ending_ = true;
  ready_ = static_cast<std::uint8_t>(ready);
}

bool Watcher::due() const { return (ready_ & wanted_) != 0 || ((ready_ & kHangUp) != 0 && wanted_ != 0); }

int Watcher::take_due() {
  if ((ready_ & kHangUp) == 0 || wanted_ == 0) return ready_ & wanted_;
  ready_ &= static_cast<std::uint8_t>(~kHangUp);
  return kReadable | kWritable;
}

}  // namespace weir::net
