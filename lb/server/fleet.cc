#include "lb/server/fleet.h"

#include <utility>

namespace weir::server {
namespace {

// Takes them out.
std::vector<WorkerUpdate> sockets_of(std::vector<WorkerUpdate>& updates) {
  std::vector<WorkerUpdate> result;
  for (WorkerUpdate& update : updates) {
    WorkerUpdate& sockets = result.emplace_back();
    sockets.access = update.access;
    sockets.tracing = update.tracing;
    for (auto& [name, listener] : update.listeners) {
      sockets.listeners[name].sockets = std::exchange(listener.sockets, {});
    }
  }
  return result;
}

}  // namespace

Fleet::Fleet(const base::Clock& clock, net::Mailbox& mailbox, observe::Registry& registry, unsigned workers)
    : clock_(clock), mailbox_(mailbox), registry_(registry), count_(workers), table_(workers) {}

Fleet::~Fleet() { stop(); }

std::vector<WorkerUpdate> Fleet::updates(const Configuration& next,
                                         const std::vector<proxy::GroupSetup>& groups, Views views) const {
  std::vector<WorkerUpdate> updates(count_);
  for (unsigned worker = 0; worker < count_; ++worker) {
    WorkerUpdate& update = updates[worker];
    update.groups = groups;
    update.keys = next.keys;
    update.access = access_;
    update.tracing = tracing_;
    for (auto& [name, of_workers] : views) update.listeners[name].view = std::move(of_workers[worker]);
  }
  return updates;
}

void Fleet::start(Opened opened, const Configuration& configuration,
                  const std::vector<proxy::GroupSetup>& groups, const proxy::EngineSetup& engine, bool wait,
                  std::function<void()> on_drained) {
  on_drained_ = std::move(on_drained);
  std::vector<WorkerUpdate> first =
      updates(configuration, groups, make_views(configuration, nullptr, registry_, count_));
  table_.adopt(std::move(opened), *configuration.snapshot, first);
  if (wait) waiting_ = sockets_of(first);
  workers_.reserve(count_);
  for (unsigned worker = 0; worker < count_; ++worker) {
    const auto drained = [this] {
      mailbox_.post([this] {
        if (++drained_ == count_) on_drained_();
      });
    };
    workers_.push_back(
        std::make_unique<Worker>(clock_, setup_of(worker, engine), std::move(first[worker]), drained));
  }
}

proxy::EngineSetup Fleet::setup_of(unsigned worker, proxy::EngineSetup engine) {
  engine.worker = worker;
  engine.registry = &registry_;
  engine.wake = [this](unsigned other, const std::string& group) {
    mailbox_.post([this, other, group] { workers_[other]->serve_waiting(group); });
  };
  engine.dispose = [this](std::shared_ptr<const void> gone) {
    if (gone) mailbox_.post([gone = std::move(gone)] {});
  };
  return engine;
}

void Fleet::begin_accepting() {
  for (unsigned worker = 0; worker < waiting_.size(); ++worker) {
    workers_[worker]->apply(std::move(waiting_[worker]));
  }
  waiting_.clear();
}

void Fleet::apply(Opened opened, const Configuration& next, const std::vector<proxy::GroupSetup>& groups,
                  Views views) {
  std::vector<WorkerUpdate> changes = updates(next, groups, std::move(views));
  table_.adopt(std::move(opened), *next.snapshot, changes);
  for (unsigned worker = 0; worker < count_; ++worker) workers_[worker]->apply(std::move(changes[worker]));
}

void Fleet::update(const std::string& group, const proxy::GroupView& view) {
  for (const auto& worker : workers_) worker->update(group, view);
}

void Fleet::cut(const std::string& group, balance::Slot slot) {
  for (const auto& worker : workers_) worker->cut(group, slot);
}

void Fleet::remove_group(const std::string& group) {
  for (const auto& worker : workers_) worker->remove_group(group);
}

void Fleet::ask(unsigned worker, std::function<void()> answered) {
  workers_[worker]->call(
      [this, answered = std::move(answered)]() mutable { mailbox_.post(std::move(answered)); });
}

void Fleet::drain(base::Duration quiet) {
  table_.close();
  for (const auto& worker : workers_) worker->drain(quiet);
}

void Fleet::retire(base::Duration quiet) {
  table_.release();
  for (const auto& worker : workers_) worker->drain(quiet);
}

void Fleet::abort() {
  for (const auto& worker : workers_) worker->abort();
}

void Fleet::stop() {
  for (const auto& worker : workers_) worker->stop();
  workers_.clear();
}

}  // namespace weir::server
