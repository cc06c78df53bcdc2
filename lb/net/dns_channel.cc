#include "lb/net/dns_channel.h"

#include <ares.h>
#include <poll.h>
#include <sys/time.h>

#include <utility>

#include "lb/base/log.h"
#include "lb/net/watcher.h"

namespace weir::net {
namespace {

constexpr int kUdpSize = 1232;  // what passes every path without fragments (DNS flag day 2020)

DnsFailure failure_of(int status) {
  switch (status) {
    case ARES_ENOTFOUND: return DnsFailure::no_such_name;
    case ARES_ENODATA: return DnsFailure::no_data;
    case ARES_EFORMERR:
    case ARES_ESERVFAIL:
    case ARES_ENOTIMP: return DnsFailure::server_failure;
    case ARES_EREFUSED:
    case ARES_ECONNREFUSED: return DnsFailure::refused;
    case ARES_ETIMEOUT: return DnsFailure::timeout;
    case ARES_EBADNAME:
    case ARES_EBADRESP:
    case ARES_EBADQUERY: return DnsFailure::malformed;
    default: return DnsFailure::server_failure;
  }
}

std::string list_of(const std::vector<base::SocketAddress>& servers) {
  std::string list;
  for (const base::SocketAddress& server : servers) list += (list.empty() ? "" : ",") + server.to_string();
  return list;
}

// Of the descriptor, now.
int ready_events(int fd) {
  pollfd state{.fd = fd, .events = POLLIN | POLLOUT, .revents = 0};
  if (::poll(&state, 1, 0) <= 0) return 0;
  if ((state.revents & (POLLERR | POLLHUP)) != 0) return Watcher::kReadable | Watcher::kWritable;
  return ((state.revents & POLLIN) != 0 ? Watcher::kReadable : 0) |
         ((state.revents & POLLOUT) != 0 ? Watcher::kWritable : 0);
}

}  // namespace

struct DnsChannel::Question {
  DnsChannel* channel;
  std::string name;
  DnsType type;
  Search search;
  Callback callback;
};

struct DnsChannel::Socket {
  Socket(DnsChannel& owner, int descriptor)
      : channel(owner), fd(descriptor), watcher(owner.loop_, this, [](void* self, int events) {
          static_cast<Socket*>(self)->on_ready(events);
        }) {}

  // How far c-ares has read or written it does not say.
  void on_ready(int events) {
    DnsChannel& owner = channel;
    const int number = fd;
    owner.process((events & Watcher::kReadable) != 0 ? number : ARES_SOCKET_BAD,
                  (events & Watcher::kWritable) != 0 ? number : ARES_SOCKET_BAD);
    if (const auto found = owner.sockets_.find(number); found != owner.sockets_.end()) {
      found->second->watcher.spent(~ready_events(number) & (Watcher::kReadable | Watcher::kWritable));
    }
  }

  DnsChannel& channel;
  const int fd;
  Watcher watcher;
};

DnsChannel::DnsChannel(Loop& loop, const ResolverOptions& options)
    : loop_(loop), searches_(options.servers.empty()), timer_(loop.timers(), this, [](void* self) {
        static_cast<DnsChannel*>(self)->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      }) {
  ares_library_init(ARES_LIB_INIT_ALL);
  ares_options settings{};
  settings.flags = ARES_FLAG_EDNS;
  settings.ednspsz = kUdpSize;
  settings.timeout =
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(options.timeout).count());
  settings.tries = options.tries;
  settings.sock_state_cb = &on_socket_state;
  settings.sock_state_cb_data = this;
  int mask = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
#ifdef ARES_OPT_QUERY_CACHE
  settings.qcache_max_ttl = 0;
  mask |= ARES_OPT_QUERY_CACHE;
#endif
  int status = ares_init_options(&channel_, &settings, mask);
  if (status == ARES_SUCCESS && !options.servers.empty()) {
    status = ares_set_servers_ports_csv(channel_, list_of(options.servers).c_str());
  }
  if (status == ARES_SUCCESS) return;
  base::log::error("DNS: no resolver: {}", ares_strerror(status));
  if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
}

DnsChannel::~DnsChannel() {
  closing_ = true;
  if (channel_ != nullptr) ares_destroy(channel_);
  ares_library_cleanup();
}

void DnsChannel::ask(const std::string& name, DnsType type, Search search, Callback callback) {
  if (channel_ == nullptr) return callback(std::unexpected(DnsFailure::refused));
  waiting_.push_back(std::make_unique<Question>(this, name, type, search, std::move(callback)));
  begin_waiting();
}

// c-ares may answer before it returns, and the callback may ask again: in this loop, not within itself.
void DnsChannel::begin_waiting() {
  if (beginning_) return;
  beginning_ = true;
  while (!waiting_.empty() && under_way_ < kMostUnderWay) {
    auto question = std::move(waiting_.front());
    waiting_.pop_front();
    begin(std::move(question));
  }
  beginning_ = false;
  arm();
}

void DnsChannel::begin(std::unique_ptr<Question> question) {
  ++under_way_;
  Question* const asked = question.release();  // until on_answer()
  const auto begin = searches_ && asked->search == Search::domains ? &ares_search : &ares_query;
  constexpr int kInternet = 1;
  begin(channel_, asked->name.c_str(), kInternet, static_cast<int>(asked->type), &on_answer, asked);
}

void DnsChannel::on_answer(void* asked, int status, int /*timeouts*/, unsigned char* message, int size) {
  const std::unique_ptr<Question> question(static_cast<Question*>(asked));
  DnsChannel& channel = *question->channel;
  --channel.under_way_;
  if (channel.closing_) return;
  if (status == ARES_SUCCESS) {
    question->callback(read_dns_answer({message, static_cast<std::size_t>(size)}, question->type));
  } else {
    question->callback(std::unexpected(failure_of(status)));
  }
}

// c-ares tells the end of a socket before it closes it.
void DnsChannel::on_socket_state(void* self, int fd, int readable, int writable) {
  auto& channel = *static_cast<DnsChannel*>(self);
  if (readable == 0 && writable == 0) {
    channel.sockets_.erase(fd);
    return;
  }
  auto& socket = channel.sockets_[fd];
  if (!socket) {
    socket = std::make_unique<Socket>(channel, fd);
    if (const auto watched = socket->watcher.watch(fd); !watched) {
      base::log::warn("DNS: a socket cannot be watched: error {}", watched.error());
    }
  }
  socket->watcher.set((readable != 0 ? Watcher::kReadable : 0) | (writable != 0 ? Watcher::kWritable : 0));
}

void DnsChannel::process(int readable, int writable) {
  ares_process_fd(channel_, readable, writable);
  begin_waiting();
}

void DnsChannel::arm() {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return timer_.clear();
  timer_.set(loop_.now() + std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
}

}  // namespace weir::net
