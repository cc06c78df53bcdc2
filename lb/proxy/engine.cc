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
      pipes(setup.pipes),
      date(loop.clock()),
      access(its_setup.access),
      idle_(its_setup.idle_target_connections),
      target_context_{wire, client_actives, idle_, setup.connect} {
  for (const model::TargetGroup& group : setup.snapshot->target_groups) {
    groups_.emplace(group.name,
                    std::make_unique<Group>(target_context_, group, setup.worker, *setup.registry, random));
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

void Engine::close_idle() {
  const wire::Turn::Scope scope(wire.turn);
  for (const auto& [name, group] : groups_) group->close_idle();
}

}  // namespace weir::proxy
