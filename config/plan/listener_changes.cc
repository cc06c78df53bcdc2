#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "config/keys/tables.h"
#include "config/plan/action_words.h"
#include "config/plan/key_changes.h"
#include "config/plan/named.h"
#include "config/plan/parts.h"
#include "lb/base/text.h"

namespace weir::config {

using model::Bind;
using model::Listener;
using model::Snapshot;

namespace {

constexpr std::size_t kMostBinds = 10;

// Which listener has which address.
using Owners = std::map<base::SocketAddress, const Listener*>;

Owners owners_of(const Snapshot& snapshot) {
  Owners owners;
  for (const Listener& listener : snapshot.listeners) {
    for (const Bind& bind : listener.binds) owners.emplace(bind.address, &listener);
  }
  return owners;
}

std::string shown_address(const base::SocketAddress& address) { return base::escape(address.to_string()); }

// Of an address that another listener has on the other side: its socket stays open. Port 0 is a new one each
// time.
std::string passing(const Bind& bind, const Owners& others, const char* direction) {
  const auto found = others.find(bind.address);
  const bool any_port = !bind.address.is_unix() && bind.address.port() == 0;
  if (found == others.end() || any_port) return "";
  return fmt::format(" (its socket passes over {} {})", direction, base::escape(found->second->name));
}

std::string places(const Listener& listener, const Owners& others, const char* direction) {
  std::vector<std::string> texts;
  for (const Bind& bind : listener.binds | std::views::take(kMostBinds))
    texts.push_back(shown_address(bind.address) + passing(bind, others, direction));
  std::string text = fmt::format("{}", fmt::join(texts, ", "));
  if (listener.binds.size() > kMostBinds)
    text += fmt::format(" and {} more", listener.binds.size() - kMostBinds);
  return text;
}

class Listeners {
 public:
  Listeners(const Snapshot& before, const Snapshot& after, Plan& plan)
      : before_(before), after_(after), plan_(plan), old_(owners_of(before)), now_(owners_of(after)) {}

  void compare() {
    const Named<Listener> before(before_.listeners), after(after_.listeners);
    for (const Listener& listener : after_.listeners) {
      const Listener* const old = before.find(listener.name);
      if (old == nullptr) {
        add(listener);
      } else if (*old != listener) {
        compare(*old, listener);
      }
    }
    for (const Listener& listener : before_.listeners) {
      if (after.find(listener.name) == nullptr) remove(listener);
    }
    if (!same_order(before_.listeners, after_.listeners, before, after))
      Changes(plan_, "listeners").changed("stand in another order in the file");
  }

 private:
  Changes changes_of(const Listener& listener) const {
    return Changes(plan_, "listener " + base::escape(listener.name));
  }

  void add(const Listener& listener) const {
    const std::size_t rules = listener.rules.size();
    const std::string rule_words =
        rules == 0 ? "" : fmt::format("{} rule{}, then ", rules, rules == 1 ? "" : "s");
    changes_of(listener).added(fmt::format("added on {}: {}{}", places(listener, old_, "from"), rule_words,
                                           action_words(listener.default_action)));
  }

  void remove(const Listener& listener) const {
    changes_of(listener).removed(
        fmt::format("removed: stops accepting on {}, and drains", places(listener, now_, "to")));
  }

  void compare(const Listener& before, const Listener& after) const {
    Changes changes = changes_of(after);
    compare_binds(before, after, changes);
    compare_rules(before, after, changes);
    const auto on_key = [&](const KeyChange& key) { changes.changed(key.text()); };
    if (const auto action = new_action(before.default_action, after.default_action)) {
      changes.changed("the default action " + *action);
      compare_keys(listener_table(), before, after, {"bind", "rules", "forward", "redirect", "respond"},
                   on_key);
    } else {
      compare_keys(listener_table(), before, after, {"bind", "rules"}, on_key);
    }
    if (const auto content = new_content(before.default_action, after.default_action))
      changes.changed(*content);
    changes.settle();
  }

  void compare_binds(const Listener& before, const Listener& after, Changes& changes) const {
    if (before.binds == after.binds) return;
    bool any = false;
    const auto tell = [&](const Listener& listener, const Listener& other, const Owners& others,
                          const char* direction, Change::Kind kind) {
      for (const Bind& bind : listener.binds) {
        if (std::ranges::find(other.binds, bind.address, &Bind::address) != other.binds.end()) continue;
        changes.add(kind,
                    fmt::format("bind {}{}", shown_address(bind.address), passing(bind, others, direction)));
        any = true;
      }
    };
    tell(after, before, old_, "from", Change::Kind::added);
    tell(before, after, now_, "to", Change::Kind::removed);
    if (!any) changes.changed("binds stand in another order");
  }

  const Snapshot& before_;
  const Snapshot& after_;
  Plan& plan_;
  const Owners old_;
  const Owners now_;
};

}  // namespace

void compare_listeners(const Snapshot& before, const Snapshot& after, Plan& plan) {
  if (before.listeners != after.listeners) Listeners(before, after, plan).compare();
}

}  // namespace weir::config
