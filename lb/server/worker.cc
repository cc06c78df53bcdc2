#include "lb/server/worker.h"

#include <future>

#include "lb/net/signal.h"

namespace weir::server {
namespace {

constexpr base::Duration kFlushEvery = std::chrono::milliseconds(150);
constexpr base::Duration kDrainCheck = std::chrono::milliseconds(10);

}  // namespace

// Everything of the worker's thread.
struct Worker::State {
  State(const base::Clock& clock, const proxy::EngineSetup& setup, std::function<void()> its_on_drained)
      : loop(clock),
        mailbox(loop),
        engine(loop, setup),
        on_drained(std::move(its_on_drained)),
        flush_timer(loop.timers(), this, [](void* self) { static_cast<State*>(self)->flush(); }),
        drain_timer(loop.timers(), this, [](void* self) { static_cast<State*>(self)->check_drained(); }) {}

  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    abort();
    engine.close_idle();
    loop.settle();
  }

  void flush() {
    engine.access.flush();
    flush_timer.set(loop.now() + kFlushEvery);
  }

  void drain(base::Duration quiet) {
    engine.stopping = true;
    for (const auto& listener : listeners) listener->drain(quiet);
    check_drained();
  }

  void check_drained() {
    for (const auto& listener : listeners) {
      if (listener->connections() != 0) return drain_timer.set(loop.now() + kDrainCheck);
    }
    if (on_drained) std::exchange(on_drained, nullptr)();
  }

  void abort() {
    for (const auto& listener : listeners) listener->abort();
  }

  net::Loop loop;  // first: it outlives the others
  net::Mailbox mailbox;
  proxy::Engine engine;
  std::vector<std::unique_ptr<proxy::Listener>> listeners;
  std::function<void()> on_drained;
  net::Deadline flush_timer;
  net::Deadline drain_timer;
};

Worker::Worker(const base::Clock& clock, const proxy::EngineSetup& engine,
               std::vector<WorkerListener> listeners, std::function<void()> on_drained)
    : on_drained_(std::move(on_drained)) {
  std::promise<State*> ready;
  auto state = ready.get_future();
  thread_ = std::thread([&, listeners = std::move(listeners)]() mutable {
    run(clock, engine, std::move(listeners), [&](State* made) { ready.set_value(made); });
  });
  state_ = state.get();
}

Worker::~Worker() { stop(); }

void Worker::run(const base::Clock& clock, const proxy::EngineSetup& engine,
                 std::vector<WorkerListener> listeners, std::move_only_function<void(State*)> ready) {
  net::block_signals();
  net::skip_cancellation_points();
  State state(clock, engine, on_drained_);
  for (WorkerListener& listener : listeners) {
    auto made = std::make_unique<proxy::Listener>(state.engine, std::move(listener.shared));
    for (WorkerSocket& socket : listener.sockets)
      made->add_socket(std::move(socket.fd), socket.shared, socket.port);
    state.listeners.push_back(std::move(made));
  }
  if (state.engine.access.enabled()) state.flush();
  ready(&state);
  state.loop.run();
}

void Worker::update(const std::string& group, const proxy::GroupView& view) {
  state_->mailbox.post([state = state_, group, view] { state->engine.update(group, view); });
}

void Worker::cut(const std::string& group, balance::Slot slot) {
  state_->mailbox.post([state = state_, group, slot] { state->engine.cut(group, slot); });
}

void Worker::serve_waiting(const std::string& group) {
  state_->mailbox.post([state = state_, group] { state->engine.serve_waiting(group); });
}

void Worker::set_keys(std::shared_ptr<const sticky::Keys> keys) {
  state_->mailbox.post([state = state_, keys = std::move(keys)] { state->engine.set_keys(keys); });
}

void Worker::drain(base::Duration quiet) {
  state_->mailbox.post([state = state_, quiet] { state->drain(quiet); });
}

void Worker::abort() {
  state_->mailbox.post([state = state_] { state->abort(); });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  state_->mailbox.post([state = state_] { state->loop.stop(); });
  thread_.join();
}

}  // namespace weir::server
