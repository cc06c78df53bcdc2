#include "lb/proxy/engine.h"

#include "lb/proxy/exchange.h"

namespace weir::proxy {
namespace {

constexpr std::size_t kSpareExchanges = 256;

}  // namespace

Engine::Engine(net::Loop& loop, const EngineSetup& its_setup)
    : setup(its_setup),
      wire(loop),
      random(base::Random::from_system()),
      facts(random.next()),
      pipes(setup.pipes),
      date(loop.clock()),
      access(its_setup.access),
      wake_([this](unsigned worker, const std::string& group) { wake(worker, group); }),
      idle_(its_setup.idle_target_connections),
      target_context_{wire, client_actives, idle_, setup.connect, setup.on_failing, wake_} {
  if (setup.keys) cookies.emplace(setup.keys);
  const auto& groups = setup.snapshot->target_groups;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const GroupSetup& group = setup.groups.at(i);
    groups_.emplace(groups[i].name,
                    std::make_unique<Group>(target_context_, groups[i], setup.worker, *setup.registry, random,
                                            group.shared, group.view));
  }
}

Engine::~Engine() = default;

std::unique_ptr<Exchange> Engine::take_exchange() {
  if (spare_.empty()) return std::make_unique<Exchange>(*this);
  auto exchange = std::move(spare_.back());
  spare_.pop_back();
  return exchange;
}

void Engine::give_back(std::unique_ptr<Exchange> exchange) {
  if (spare_.size() < kSpareExchanges) {
    spare_.push_back(std::move(exchange));
  } else {
    wire.loop.reap(std::move(exchange));
  }
}

void Engine::update(const std::string& group, const GroupView& view) {
  const wire::Turn::Scope scope(wire.turn);
  if (const auto found = groups_.find(group); found != groups_.end()) found->second->update(view);
}

void Engine::cut(const std::string& group, balance::Slot slot) {
  const wire::Turn::Scope scope(wire.turn);
  if (const auto found = groups_.find(group); found != groups_.end()) found->second->cut(slot);
}

void Engine::set_keys(std::shared_ptr<const sticky::Keys> keys) { cookies.emplace(std::move(keys)); }

void Engine::serve_waiting(const std::string& group) {
  const wire::Turn::Scope scope(wire.turn);
  if (const auto found = groups_.find(group); found != groups_.end()) found->second->serve_waiting();
}

void Engine::wake(unsigned worker, const std::string& group) {
  if (worker != setup.worker) return setup.wake(worker, group);
  wire.loop.defer([this, group] { serve_waiting(group); });
}

void Engine::close_idle() {
  const wire::Turn::Scope scope(wire.turn);
  for (const auto& [name, group] : groups_) group->close_idle();
}

}  // namespace weir::proxy
