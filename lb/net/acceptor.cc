#include "lb/net/acceptor.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <cerrno>
#include <climits>
#include <tuple>

namespace weir::net {
namespace {

constexpr unsigned kBatch = 64;

}  // namespace

Acceptor::Acceptor(Loop& loop, Fd socket, bool shared, Handler& handler)
    : socket_(std::move(socket)), watcher_(loop, this, on_events), shared_(shared), handler_(handler) {
  if (auto watched = watcher_.watch(socket_.get()); !watched) give_up("a listening socket cannot be watched");
  resume();
}

void Acceptor::turn_away() {
  sock_filter nothing{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
  const sock_fprog program{.len = 1, .filter = &nothing};
  // One that cannot be set leaves what is without it.
  std::ignore = ::setsockopt(socket_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

void Acceptor::accept_all() { accept_some(UINT_MAX); }

void Acceptor::accept_some(unsigned most) {
  for (unsigned i = 0; i < most && !paused(); ++i) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    Fd fd(
        ::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.valid()) {
      handler_.on_accept(*this, std::move(fd), peer, length);
      continue;
    }
    switch (errno) {
      case EINTR:
      case ECONNABORTED: continue;
      case EMFILE:
      case ENFILE:
      case ENOMEM:
      case ENOBUFS: {
        const int error = errno;
        pause();
        handler_.on_accept_failed(*this, error);
        return;
      }
      case EAGAIN: watcher_.spent(Watcher::kReadable); return;
      default: return;  // a network error of a connection that is gone already
    }
  }
}

void Acceptor::on_events(void* self, int) {
  auto* acceptor = static_cast<Acceptor*>(self);
  acceptor->accept_some(acceptor->shared_ ? 1 : kBatch);
}

}  // namespace weir::net
