#include "config/plan/file_changes.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/base/text.h"

namespace weir::config {

void add_file_changes(Plan& plan, const std::vector<TlsFileUse>& uses,
                      const std::vector<std::string>& changed) {
  for (const TlsFileUse& use : uses) {
    if (!std::ranges::binary_search(changed, use.path)) continue;
    const bool of_listener = use.owner == TlsFileUse::Owner::listener;
    Change change{.subject = (of_listener ? "listener " : "target group ") + base::escape(use.name),
                  .kind = Change::Kind::changed,
                  .text = fmt::format("{}: what is in {} has changed", use.key, base::escape(use.path))};
    // Behind the other changes of its subject.
    const auto rest =
        std::ranges::find(plan.changes.rbegin(), plan.changes.rend(), change.subject, &Change::subject);
    plan.changes.insert(rest == plan.changes.rend() ? plan.changes.end() : rest.base(), std::move(change));
  }
}

}  // namespace weir::config
