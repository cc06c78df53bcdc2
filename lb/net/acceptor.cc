#include "lb/net/acceptor.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <iterator>
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
  // Of the flags of a segment (RFC 9293 3.1). A connection may have this filter from its socket, too: it
  // never sees such a segment.
  constexpr unsigned kFlags = 13, kSyn = 0x02, kAck = 0x10;
  sock_filter without_first[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlags),      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kSyn | kAck),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kSyn, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
  };
  const sock_fprog program{.len = std::size(without_first), .filter = without_first};
  // Where it cannot be set, all is as without it.
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
