#include "lb/server/worker.h"

#include <algorithm>
#include <deque>
#include <future>
#include <map>
#include <optional>
#include <span>

#include "lb/net/signal.h"

namespace weir::server {
namespace {

constexpr base::Duration kFlushEvery = std::chrono::milliseconds(150);
constexpr base::Duration kDrainCheck = std::chrono::milliseconds(10);
constexpr base::Duration kLeavingCheck = std::chrono::milliseconds(100);
constexpr base::Duration kGoneQuiet =
    std::chrono::seconds(2);  // before an idle client of what has gone is left
// For the round trip of connections that have begun; less than the second in which the others ask again.
constexpr base::Duration kTurnedAway = std::chrono::milliseconds(300);

// A socket that takes what has begun, until then.
struct Removal {
  proxy::Listener* listener;
  std::optional<proxy::BindNumber> bind = {};  // absent: the whole listener
  base::Instant at = {};
};

}  // namespace

// Everything of the worker's thread.
struct Worker::State {
  State(const base::Clock& clock, const proxy::EngineSetup& setup, std::function<void()> its_on_drained)
      : loop(clock),
        mailbox(loop),
        engine(loop, setup),
        on_drained(std::move(its_on_drained)),
        flush_timer(loop.timers(), this, [](void* self) { static_cast<State*>(self)->flush(); }),
        drain_timer(loop.timers(), this, [](void* self) { static_cast<State*>(self)->check_drained(); }),
        leaving_timer(loop.timers(), this, [](void* self) { static_cast<State*>(self)->check_leaving(); }),
        removal_timer(loop.timers(), this, [](void* self) { static_cast<State*>(self)->remove_due(); }) {}

  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    abort();
    listeners.clear();
    leaving.clear();
    engine.close_idle();
    loop.settle();
  }

  void apply(WorkerUpdate update) {
    for (const proxy::GroupSetup& group : update.groups) engine.set_group(group);
    if (update.keys) engine.set_keys(update.keys);
    engine.access.use(std::move(update.access));
    engine.spans.use(std::move(update.tracing));
    if (flush_timer.at() == base::kNever) flush();
    for (auto& [name, change] : update.listeners) apply(name, change, update.turned_away);
    for (const std::string& name : update.gone_listeners) {
      const auto gone = listeners.find(name);
      remove(*gone->second, update.turned_away);
      leaving.push_back(std::move(gone->second));
      listeners.erase(gone);
    }
    check_leaving();
  }

  void apply(const std::string& name, WorkerUpdate::Listener& change,
             std::span<const proxy::BindNumber> turned_away) {
    auto& listener = listeners[name];
    if (change.view) change.view->bind(engine);
    if (!listener) {
      listener = std::make_unique<proxy::Listener>(engine, std::move(change.shared), std::move(change.view));
    } else if (change.view) {
      listener->update(std::move(change.view));
    }
    for (WorkerSocket& socket : change.sockets)
      listener->add_socket(std::move(socket.fd), socket.shared, socket.port, socket.bind);
    for (const proxy::BindNumber bind : change.gone) close_bind(*listener, bind, turned_away);
  }

  // Each bind ends by itself, one that waits already when it is due; the listener ends with the last.
  void remove(proxy::Listener& listener, std::span<const proxy::BindNumber> turned_away) {
    for (const proxy::BindNumber bind : listener.binds()) {
      if (!is_awaited(listener, bind)) close_bind(listener, bind, turned_away);
    }
    is_awaited(listener) ? remove_later({.listener = &listener}) : listener.drain(kGoneQuiet);
  }

  void close_bind(proxy::Listener& listener, proxy::BindNumber bind,
                  std::span<const proxy::BindNumber> turned_away) {
    const bool later = std::ranges::find(turned_away, bind) != turned_away.end() && listener.turn_away(bind);
    later ? remove_later({.listener = &listener, .bind = bind}) : listener.remove_socket(bind, kGoneQuiet);
  }

  void remove_later(Removal removal) {
    removal.at = loop.now() + kTurnedAway;
    removals.push_back(removal);  // in the order of time
    if (removal_timer.at() == base::kNever) removal_timer.set(removal.at);
  }

  void remove_due() {
    while (!removals.empty() && removals.front().at <= loop.now()) {
      const Removal due = removals.front();
      removals.pop_front();
      due.bind ? due.listener->remove_socket(*due.bind, kGoneQuiet) : due.listener->drain(kGoneQuiet);
    }
    removal_timer.set(removals.empty() ? base::kNever : removals.front().at);
    check_leaving();
  }

  // The listener, or that bind of it.
  bool is_awaited(const proxy::Listener& listener, std::optional<proxy::BindNumber> bind = {}) const {
    return std::ranges::any_of(removals, [&](const Removal& one) {
      return one.listener == &listener && (!bind || one.bind == bind);
    });
  }

  // Listeners that are none any more, once their last client has gone.
  void check_leaving() {
    std::erase_if(leaving, [&](std::unique_ptr<proxy::Listener>& listener) {
      if (listener->connections() != 0 || is_awaited(*listener)) return false;
      loop.reap(std::move(listener));
      return true;
    });
    leaving_timer.set(leaving.empty() ? base::kNever : loop.now() + kLeavingCheck);
  }

  void flush() {
    engine.access.flush();
    engine.spans.flush();
    const bool any = engine.access.enabled() || engine.spans.enabled();
    flush_timer.set(any ? loop.now() + kFlushEvery : base::kNever);
  }

  void drain(base::Duration quiet) {
    engine.stopping = true;
    removals.clear();
    for (const auto& [name, listener] : listeners) listener->drain(quiet);
    for (const auto& listener : leaving) listener->drain(quiet);
    check_drained();
  }

  void check_drained() {
    if (has_connections()) return drain_timer.set(loop.now() + kDrainCheck);
    if (on_drained) std::exchange(on_drained, nullptr)();
  }

  bool has_connections() const {
    return std::ranges::any_of(listeners, [](const auto& one) { return one.second->connections() != 0; }) ||
           std::ranges::any_of(leaving, [](const auto& one) { return one->connections() != 0; });
  }

  void abort() {
    for (const auto& [name, listener] : listeners) listener->abort();
    for (const auto& listener : leaving) listener->abort();
  }

  net::Loop loop;  // first: it outlives the others
  net::Mailbox mailbox;
  proxy::Engine engine;
  std::map<std::string, std::unique_ptr<proxy::Listener>> listeners;
  std::vector<std::unique_ptr<proxy::Listener>> leaving;  // that still have clients, or get some
  std::deque<Removal> removals;
  std::function<void()> on_drained;
  net::Deadline flush_timer;
  net::Deadline drain_timer;
  net::Deadline leaving_timer;
  net::Deadline removal_timer;
};

Worker::Worker(const base::Clock& clock, const proxy::EngineSetup& engine, WorkerUpdate first,
               std::function<void()> on_drained)
    : on_drained_(std::move(on_drained)) {
  std::promise<State*> ready;
  auto state = ready.get_future();
  thread_ = std::thread([&, first = std::move(first)]() mutable {
    run(clock, engine, std::move(first), [&](State* made) { ready.set_value(made); });
  });
  state_ = state.get();
}

Worker::~Worker() { stop(); }

void Worker::run(const base::Clock& clock, const proxy::EngineSetup& engine, WorkerUpdate first,
                 std::move_only_function<void(State*)> ready) {
  net::block_signals();
  net::skip_cancellation_points();
  State state(clock, engine, on_drained_);
  state.apply(std::move(first));
  ready(&state);
  state.loop.run();
}

void Worker::apply(WorkerUpdate update) {
  state_->mailbox.post(
      [state = state_, update = std::move(update)]() mutable { state->apply(std::move(update)); });
}

void Worker::remove_group(const std::string& group) {
  state_->mailbox.post([state = state_, group] { state->engine.remove_group(group); });
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

void Worker::call(net::Mailbox::Task task) { state_->mailbox.post(std::move(task)); }

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
