#include "lb/server/listener_table.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lb/net/listen.h"

namespace weir::server {
namespace {

bool may_overlap(const base::SocketAddress& a, const base::SocketAddress& b) {
  return !a.is_unix() && !b.is_unix() && a.family() == b.family() && a.port() == b.port();
}

}  // namespace

std::vector<std::string> ListenerTable::Opened::socket_files() const {
  std::vector<std::string> files;
  for (const Wanted& wanted : binds_) {
    if (!wanted.present && wanted.fresh.address.is_unix()) files.push_back(wanted.fresh.address.path());
  }
  return files;
}

std::expected<ListenerTable::Opened, StartError> ListenerTable::open(const model::Snapshot& next) {
  Opened opened;
  std::set<Opened::Place> taken;
  for (const model::Listener& listener : next.listeners) {
    for (const model::Bind& bind : listener.binds) {
      opened.binds_.push_back(
          {.listener = listener.name, .present = take(listener.name, bind.address, taken), .copies = {}});
    }
  }
  // What no listener has kept for itself, another may take over.
  std::size_t at = 0;
  for (const model::Listener& listener : next.listeners) {
    for (const model::Bind& bind : listener.binds) {
      Opened::Wanted& wanted = opened.binds_[at++];
      for (auto entry = entries_.begin(); !wanted.present && entry != entries_.end(); ++entry) {
        wanted.present = take(entry->first, bind.address, taken);
      }
      if (auto done = complete(listener, bind, wanted); !done) return std::unexpected(done.error());
    }
  }
  return opened;
}

// A socket of that listener that nobody has taken yet.
std::optional<ListenerTable::Opened::Place> ListenerTable::take(const std::string& listener,
                                                                const base::SocketAddress& wanted,
                                                                std::set<Opened::Place>& taken) const {
  const auto entry = entries_.find(listener);
  if (entry == entries_.end()) return std::nullopt;
  for (std::size_t i = 0; i < entry->second.binds.size(); ++i) {
    if (entry->second.binds[i].wanted != wanted) continue;
    if (Opened::Place place{listener, i}; taken.insert(place).second) return place;
  }
  return std::nullopt;
}

std::expected<void, StartError> ListenerTable::complete(const model::Listener& listener,
                                                        const model::Bind& bind, Opened::Wanted& wanted) {
  if (wanted.present && wanted.present->listener == listener.name) return {};
  if (!wanted.present) {
    auto fresh = this->bind(listener, bind);
    if (!fresh) return std::unexpected(fresh.error());
    wanted.fresh = *std::move(fresh);
  }
  auto made = copies(wanted.present ? entries_.at(wanted.present->listener).binds[wanted.present->bind]
                                    : wanted.fresh);
  if (!made) return std::unexpected(made.error());
  wanted.copies = *std::move(made);
  return {};
}

// One that may take the place of our own at the same port cannot find out whether another process has it,
// too.
std::expected<ListenerTable::Bound, StartError> ListenerTable::bind(const model::Listener& listener,
                                                                    const model::Bind& bind) {
  const bool replaces = std::ranges::any_of(entries_, [&](const auto& entry) {
    return std::ranges::any_of(entry.second.binds,
                               [&](const Bound& bound) { return may_overlap(bound.address, bind.address); });
  });
  using Among = net::ListenOptions::Among;
  auto made = net::listen_on(bind.address, workers_, {.among = replaces ? Among::own : Among::none});
  if (!made) {
    return std::unexpected(
        StartError{bind.place, fmt::format("listener '{}' cannot listen on {}: {}", listener.name,
                                           bind.address.to_string(), made.error().message)});
  }
  return Bound{.number = ++last_number_,
               .wanted = bind.address,
               .address = made->address,
               .sockets = std::move(made->sockets),
               .file = std::move(made->file)};
}

// One for each worker.
std::expected<std::vector<WorkerSocket>, StartError> ListenerTable::copies(const Bound& bound) const {
  std::vector<WorkerSocket> result;
  const bool shared = bound.sockets.size() == 1 && workers_ > 1;
  for (unsigned worker = 0; worker < workers_; ++worker) {
    const net::Fd& socket = bound.sockets[std::min<std::size_t>(worker, bound.sockets.size() - 1)];
    net::Fd copy(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy.valid()) {
      return std::unexpected(
          StartError{{}, fmt::format("a socket cannot be shared: {}", std::strerror(errno))});
    }
    result.push_back({std::move(copy), shared, bound.address.port(), bound.number});
  }
  return result;
}

void ListenerTable::adopt(Opened opened, const model::Snapshot& next, std::vector<WorkerUpdate>& updates) {
  Entries before = std::exchange(entries_, {});
  add_entries(next, before, updates);
  for (Opened::Wanted& wanted : opened.binds_) place(wanted, before, updates);
  for (auto& [name, entry] : before) {
    const bool gone = !entries_.contains(name);
    for (WorkerUpdate& update : updates) {
      for (const Bound& bound : entry.binds) {
        if (!gone && !bound.sockets.empty()) update.listeners[name].gone.push_back(bound.number);
      }
      if (gone) update.gone_listeners.push_back(name);
    }
    for (Bound& bound : entry.binds) bound.file.remove();  // while it is open
  }
}

void ListenerTable::add_entries(const model::Snapshot& next, Entries& before,
                                std::vector<WorkerUpdate>& updates) {
  bound_.clear();
  for (const model::Listener& listener : next.listeners) {
    bound_.push_back({listener.name, {}});
    Entry& entry = entries_[listener.name];
    if (const auto known = before.find(listener.name); known != before.end()) {
      entry.shared = known->second.shared;
      continue;
    }
    entry.shared = std::make_shared<proxy::ListenerShared>();
    for (WorkerUpdate& update : updates) update.listeners[listener.name].shared = entry.shared;
  }
}

void ListenerTable::place(Opened::Wanted& wanted, Entries& before, std::vector<WorkerUpdate>& updates) {
  Bound& bound =
      wanted.present ? before.at(wanted.present->listener).binds[wanted.present->bind] : wanted.fresh;
  const bool moves = wanted.present && wanted.present->listener != wanted.listener;
  const bool stays_behind = moves && entries_.contains(wanted.present->listener);
  for (std::size_t worker = 0; worker < wanted.copies.size(); ++worker) {
    updates[worker].listeners[wanted.listener].sockets.push_back(std::move(wanted.copies[worker]));
    if (stays_behind) updates[worker].listeners[wanted.present->listener].gone.push_back(bound.number);
  }
  std::ranges::find(bound_, wanted.listener, &admin::BoundListener::name)->binds.push_back(bound.address);
  entries_[wanted.listener].binds.push_back(std::move(bound));
}

void ListenerTable::close() {
  for (auto& [name, entry] : entries_) {
    for (Bound& bound : entry.binds) {
      bound.file.remove();
      bound.sockets.clear();
    }
  }
}

}  // namespace weir::server
