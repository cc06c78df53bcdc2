#include "lb/trace/exporter.h"

#include <pthread.h>

#include <future>
#include <utility>

#include "lb/net/signal.h"

namespace weir::trace {

// Everything of the thread.
struct Exporter::State {
  State(const base::Clock& clock, std::shared_ptr<observe::SpanQueue> queue, const SenderOptions& options)
      : loop(clock),
        mailbox(loop),
        context(loop),
        sender(std::make_unique<Sender>(context, std::move(queue), options)) {}
  ~State() {
    sender.reset();
    loop.settle();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  net::Loop loop;  // first: it outlives the others
  net::Mailbox mailbox;
  wire::Context context;
  std::unique_ptr<Sender> sender;
};

Exporter::Exporter(const base::Clock& clock, Options options) : options_(std::move(options)) {
  std::promise<State*> ready;
  auto state = ready.get_future();
  thread_ = std::thread([&] { run(clock, [&](State* made) { ready.set_value(made); }); });
  state_ = state.get();
  queue_->set_wake([its = state_] { its->mailbox.post([its] { its->sender->on_news(); }); });
}

Exporter::~Exporter() {
  queue_->set_wake(nullptr);
  state_->mailbox.post(
      [its = state_, grace = options_.stop_grace] { its->sender->stop(grace, [its] { its->loop.stop(); }); });
  thread_.join();
}

void Exporter::use(Destination destination) {
  state_->mailbox.post([its = state_, destination = std::move(destination)]() mutable {
    its->sender->use(std::move(destination));
  });
}

void Exporter::run(const base::Clock& clock, std::move_only_function<void(State*)> ready) {
  net::block_signals();
  pthread_setname_np(pthread_self(), "weir-trace");
  State state(clock, queue_, options_.sender);
  ready(&state);
  state.loop.run();
}

}  // namespace weir::trace
