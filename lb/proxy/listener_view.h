#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lb/proxy/routes.h"

namespace weir::proxy {

class Engine;
class Group;

// What one worker serves a listener by: its settings and its routes, as one configuration has them. Made on
// any thread; from bind() on the worker's. An exchange pins the view that it began with, so that a reload
// changes nothing in the middle of a request; a view that is replaced goes when its last exchange does.
class ListenerView {
 public:
  ListenerView(std::shared_ptr<const ListenerSettings> listener, const GroupSettingsByName& groups,
               observe::Registry& registry, unsigned worker);
  ~ListenerView();
  ListenerView(const ListenerView&) = delete;
  ListenerView& operator=(const ListenerView&) = delete;

  // The engine has all groups that the listener forwards to.
  void bind(Engine& engine);
  // Lets the worker's groups go: behind it the rest may be destroyed on any thread.
  void unbind();

  const ListenerSettings& settings() const { return routes_.settings(); }
  const std::shared_ptr<const ListenerSettings>& shared_settings() const { return routes_.shared_settings(); }
  const model::Listener& model() const { return settings().model; }
  const Routes& routes() const { return routes_; }
  // Another one for each view of the worker.
  std::uint64_t serial() const { return serial_; }

  void pin() { ++pins_; }
  // True: it was the last pin.
  bool unpin() { return --pins_ == 0; }
  bool pinned() const { return pins_ != 0; }

 private:
  Routes routes_;
  std::vector<std::shared_ptr<Group>> groups_;
  std::uint64_t serial_ = 0;
  std::uint64_t pins_ = 0;
};

}  // namespace weir::proxy
