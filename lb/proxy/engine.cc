#include "lb/proxy/engine.h"

#include <algorithm>

#include "lb/proxy/exchange.h"

namespace weir::proxy {
namespace {

constexpr std::size_t kSpareExchanges = 256;
constexpr std::size_t kTlsSessions = 4096;  // pairs of a target and a name that can be resumed

}  // namespace

Engine::Engine(net::Loop& loop, const EngineSetup& its_setup)
    : setup(its_setup),
      wire(loop),
      random(base::Random::from_system()),
      http2_server(random),
      facts(random.next()),
      pipes(setup.pipes),
      tls(loop),
      date(loop.clock()),
      access(its_setup.access),
      wake_([this](unsigned worker, const std::string& group) { wake(worker, group); }),
      on_group_left_([this](Group& group) { on_group_left(group); }),
      idle_(its_setup.idle_target_connections),
      tls_sessions_(kTlsSessions),
      target_context_{wire,  client_actives, http2_client,  idle_,
                      tls,   tls_sessions_,  setup.connect, setup.on_failing,
                      wake_, on_group_left_, setup.dispose} {
  if (setup.keys) cookies.emplace(setup.keys);
  for (const GroupSetup& group : setup.groups) set_group(group);
}

Engine::~Engine() = default;

void Engine::set_group(const GroupSetup& group) {
  const wire::Turn::Scope scope(wire.turn);
  const std::string& name = group.settings->model.name;
  if (const auto found = groups_.find(name); found != groups_.end()) {
    return found->second->update(group.settings, group.view);
  }
  groups_.emplace(name, std::make_shared<Group>(target_context_, group.settings, setup.worker,
                                                *setup.registry, random, group.shared, group.view));
}

void Engine::remove_group(const std::string& name) {
  const wire::Turn::Scope scope(wire.turn);
  auto gone = groups_.extract(name);
  if (gone.empty()) return;
  leaving_groups_.push_back(std::move(gone.mapped()));
  const std::shared_ptr<Group> group = leaving_groups_.back();
  group->retire();
}

void Engine::on_group_left(Group& group) {
  const auto found = std::ranges::find(leaving_groups_, &group, &std::shared_ptr<Group>::get);
  if (found == leaving_groups_.end()) return;
  wire.loop.defer([gone = std::move(*found)] {});  // it may be at work just now
  leaving_groups_.erase(found);
}

std::unique_ptr<ListenerView> Engine::view_of(std::shared_ptr<const ListenerSettings> listener) {
  GroupSettingsByName settings;
  for (const auto& [name, group] : groups_) settings.emplace(name, group->shared_settings());
  auto view = std::make_unique<ListenerView>(std::move(listener), settings, *setup.registry, setup.worker);
  view->bind(*this);
  return view;
}

void Engine::retire(std::unique_ptr<ListenerView> view) {
  wire.loop.defer([this, gone = std::move(view)]() mutable {
    gone->unbind();
    setup.dispose(std::shared_ptr<const ListenerView>(std::move(gone)));
  });
}

Exchange& Engine::take_exchange() {
  if (spare_.empty()) {
    exchanges_.push_back(std::make_unique<Exchange>(*this));
  } else {
    exchanges_.push_back(std::move(spare_.back()));
    spare_.pop_back();
  }
  exchanges_.back()->place_ = exchanges_.size() - 1;
  return *exchanges_.back();
}

void Engine::give_back(Exchange& exchange) {
  std::unique_ptr<Exchange>& place = exchanges_[exchange.place_];
  std::unique_ptr<Exchange> done = std::move(place);
  if (exchanges_.back()) {
    place = std::move(exchanges_.back());
    place->place_ = exchange.place_;
  }
  exchanges_.pop_back();
  if (spare_.size() < kSpareExchanges) {
    spare_.push_back(std::move(done));
  } else {
    wire.loop.reap(std::move(done));
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
  for (const auto& group : leaving_groups_) group->close_idle();
}

}  // namespace weir::proxy
