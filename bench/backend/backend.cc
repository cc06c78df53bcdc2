#include "bench/backend/backend.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>

#include <future>
#include <thread>
#include <utility>

#include "bench/backend/server.h"
#include "lb/net/listen.h"
#include "lb/net/mailbox.h"
#include "lb/net/signal.h"

namespace weir::bench {
namespace {

// Nobody cancels the threads. Elsewise each recv() and send() of glibc makes its thread cancellable for its
// duration, with two locked instructions.
void skip_cancellation_points() {
  ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
  ::pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
}

}  // namespace

class Backend::Thread {
 public:
  void add(ServerSocket socket) { sockets_.push_back(std::move(socket)); }

  // Returns when it serves.
  void start(Backend& backend) {
    std::promise<State*> ready;
    thread_ = std::thread([&] {
      net::block_signals();
      skip_cancellation_points();
      State state(backend, std::move(sockets_));
      ready.set_value(&state);
      state.loop.run();
    });
    state_ = ready.get_future().get();
  }

  ~Thread() {
    if (!thread_.joinable()) return;
    state_->mailbox.post([state = state_] { state->loop.stop(); });
    thread_.join();
  }
  Thread() = default;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

 private:
  // All that is on the thread.
  struct State {
    State(Backend& backend, std::vector<ServerSocket> sockets)
        : loop(backend.clock_),
          mailbox(loop),
          context(loop),
          desk(context, backend.options_.answers),
          server(std::make_unique<Server>(desk, std::move(sockets))) {
      if (backend.options_.die_after) desk.on_answered = [&backend] { backend.count_answer(); };
      desk.on_die = [&backend] { backend.die_("somebody asked for /die"); };
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
      server.reset();
      loop.settle();
    }

    net::Loop loop;  // first: it outlives the others
    net::Mailbox mailbox;
    wire::Context context;
    Desk desk;
    std::unique_ptr<Server> server;
  };

  std::vector<ServerSocket> sockets_;  // until it starts
  State* state_ = nullptr;             // from start to end
  std::thread thread_;
};

Backend::Backend(const base::Clock& clock, BackendOptions options, Die die)
    : clock_(clock), options_(std::move(options)), die_(std::move(die)) {
  for (unsigned i = 0; i < options_.threads; ++i) threads_.push_back(std::make_unique<Thread>());
}

Backend::~Backend() {
  files_.clear();  // while the sockets are open
  threads_.clear();
}

std::expected<std::unique_ptr<Backend>, std::string> Backend::start(const base::Clock& clock,
                                                                    BackendOptions options, Die die) {
  std::unique_ptr<Backend> backend(new Backend(clock, std::move(options), std::move(die)));
  if (auto error = backend->listen()) return std::unexpected(*std::move(error));
  for (const auto& thread : backend->threads_) thread->start(*backend);
  return backend;
}

// The sockets of all addresses, dealt out to the threads; the error says which one cannot be had.
std::optional<std::string> Backend::listen() {
  for (const base::SocketAddress& address : options_.listen) {
    auto bound = net::listen_on(address, options_.threads);
    if (!bound) return fmt::format("cannot listen on {}: {}", address.to_string(), bound.error().message);
    addresses_.push_back(bound->address);
    const bool shared = bound->sockets.size() < threads_.size();
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      net::Fd& socket = bound->sockets[shared ? 0 : i];
      const bool last = !shared || i + 1 == threads_.size();
      threads_[i]->add(
          {last ? std::move(socket) : net::Fd(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0)), shared});
    }
    files_.push_back(std::move(bound->file));
  }
  return std::nullopt;
}

void Backend::count_answer() {
  if (answered_.fetch_add(1, std::memory_order_relaxed) + 1 == *options_.die_after) {
    die_(fmt::format("{} requests have been answered", *options_.die_after));
  }
}

}  // namespace weir::bench
