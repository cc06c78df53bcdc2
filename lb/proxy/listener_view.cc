#include "lb/proxy/listener_view.h"

#include <utility>

#include "lb/proxy/engine.h"

namespace weir::proxy {

ListenerView::ListenerView(std::shared_ptr<const ListenerSettings> listener,
                           const GroupSettingsByName& groups, observe::Registry& registry, unsigned worker)
    : routes_(std::move(listener), groups, registry, worker) {}

ListenerView::~ListenerView() = default;

void ListenerView::bind(Engine& engine) {
  serial_ = engine.next_view();
  groups_.reserve(routes_.groups().size());
  for (const auto& group : routes_.groups()) groups_.push_back(engine.group(group->model.name));
  routes_.bind(groups_);
}

void ListenerView::unbind() {
  routes_.bind({});
  groups_.clear();
}

}  // namespace weir::proxy
