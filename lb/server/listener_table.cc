#include "lb/server/listener_table.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lb/base/log.h"
#include "lb/net/listen.h"

namespace weir::server {
namespace {

namespace log = base::log;

bool may_overlap(const base::SocketAddress& a, const base::SocketAddress& b) {
  return !a.is_unix() && !b.is_unix() && a.family() == b.family() && a.port() == b.port();
}

}  // namespace

std::vector<std::string> ListenerTable::Opened::socket_files() const {
  std::vector<std::string> files;
  for (const Wanted& wanted : binds_) {
    if (wanted.present || wanted.inherited || !wanted.fresh.address.is_unix()) continue;
    files.push_back(wanted.fresh.address.path());
  }
  return files;
}

std::vector<int> ListenerTable::Opened::port_sockets() const {
  std::vector<int> descriptors;
  for (const Wanted& wanted : binds_) {
    if (wanted.fresh.address.is_unix()) continue;
    for (const net::Fd& socket : wanted.fresh.sockets) descriptors.push_back(socket.get());
  }
  return descriptors;
}

std::expected<void, StartError> ListenerTable::inherit(InheritedSockets sockets) {
  if (auto prepared = prepare(sockets); !prepared) return prepared;
  inherited_ = std::move(sockets);
  return {};
}

std::expected<ListenerTable::Opened, StartError> ListenerTable::open(const model::Snapshot& next) {
  Opened opened;
  std::set<Opened::Place> taken;
  for (const model::Listener& listener : next.listeners) {
    for (const model::Bind& bind : listener.binds) {
      opened.binds_.push_back(
          {.listener = listener.name, .bind = &bind, .present = take(listener.name, bind.address, taken)});
    }
  }
  take_inherited(opened);
  // What no listener has kept for itself, another may take over.
  for (Opened::Wanted& wanted : opened.binds_) {
    for (auto entry = entries_.begin(); !wanted.present && entry != entries_.end(); ++entry) {
      wanted.present = take(entry->first, wanted.bind->address, taken);
    }
    if (auto done = complete(wanted); !done) return std::unexpected(done.error());
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

// The closest matches of all binds come before what is less close of any.
void ListenerTable::take_inherited(Opened& opened) {
  for (const auto match : {SocketMatch::same_owner, SocketMatch::wanted, SocketMatch::address}) {
    for (Opened::Wanted& wanted : opened.binds_) {
      if (wanted.present || wanted.inherited) continue;
      const base::SocketAddress& bind = wanted.bind->address;
      auto socket = server::take(inherited_, {.bind = bind, .listener = wanted.listener}, match);
      if (!socket) continue;
      wanted.inherited = true;
      wanted.fresh = {.number = ++last_number_,
                      .wanted = bind,
                      .address = socket->address,
                      .sockets = std::move(socket->sockets),
                      .file = {},
                      .service_manager = socket->service_manager};
      if (socket->owns_file) wanted.fresh.file = net::SocketFile(socket->address.path());
    }
  }
}

std::expected<void, StartError> ListenerTable::complete(Opened::Wanted& wanted) {
  if (wanted.present && wanted.present->listener == wanted.listener) return {};
  if (!wanted.present && !wanted.inherited) {
    auto fresh = bind(wanted.listener, *wanted.bind);
    if (!fresh) return std::unexpected(fresh.error());
    wanted.fresh = *std::move(fresh);
  }
  auto made = copies(wanted.present ? entries_.at(wanted.present->listener).binds[wanted.present->bind]
                                    : wanted.fresh);
  if (!made) return std::unexpected(made.error());
  wanted.copies = *std::move(made);
  return {};
}

bool ListenerTable::replaces_own(const base::SocketAddress& address) const {
  const auto overlaps = [&](const auto& one) { return may_overlap(one.address, address); };
  return std::ranges::any_of(inherited_, overlaps) || std::ranges::any_of(entries_, [&](const auto& entry) {
           return std::ranges::any_of(entry.second.binds, overlaps);
         });
}

// One that may take the place of our own at the same port cannot find out whether another process has it,
// too.
std::expected<ListenerTable::Bound, StartError> ListenerTable::bind(const std::string& listener,
                                                                    const model::Bind& bind) {
  using Among = net::ListenOptions::Among;
  const bool replaces = replaces_own(bind.address);
  auto made = net::listen_on(bind.address, workers_,
                             {.among = replaces ? Among::own : Among::none, .begin = !(replaces && held_)});
  if (!made) {
    return std::unexpected(
        StartError{bind.place, fmt::format("listener '{}' cannot listen on {}: {}", listener,
                                           bind.address.to_string(), made.error().message)});
  }
  return Bound{.number = ++last_number_,
               .wanted = bind.address,
               .address = made->address,
               .sockets = std::move(made->sockets),
               .file = std::move(made->file),
               .held = replaces && held_};
}

std::expected<std::vector<ListenerTable::Opened::Copy>, StartError> ListenerTable::copies(
    const Bound& bound) const {
  std::vector<Opened::Copy> result;
  for (const SocketShare& share : share_out(bound.sockets.size(), workers_)) {
    net::Fd copy(::fcntl(bound.sockets[share.socket].get(), F_DUPFD_CLOEXEC, 0));
    if (!copy.valid()) {
      return std::unexpected(
          StartError{{}, fmt::format("a socket cannot be shared: {}", std::strerror(errno))});
    }
    result.push_back({share.worker, {std::move(copy), share.shared, bound.address.port(), bound.number}});
  }
  return result;
}

void ListenerTable::close_inherited() {
  for (const InheritedSocket& left : std::exchange(inherited_, {})) {
    const std::string address = left.address.to_string();
    if (left.of == InheritedSocket::Of::anyone) {
      log::warn("the inherited socket of {} is closed: no bind has that address", address);
    } else {
      log::info("the socket of {} is not taken over: no bind has that address any more", address);
    }
    if (left.owns_file) net::SocketFile(left.address.path()).remove();
  }
}

void ListenerTable::adopt(Opened opened, const model::Snapshot& next, std::vector<WorkerUpdate>& updates) {
  Entries before = std::exchange(entries_, {});
  add_entries(next, before, updates);
  for (Opened::Wanted& wanted : opened.binds_) place(wanted, before, updates);
  for (auto& [name, entry] : before) {
    const bool gone = !entries_.contains(name);
    for (WorkerUpdate& update : updates) {
      for (const Bound& bound : entry.binds) {
        if (bound.sockets.empty()) continue;  // it has gone to another listener
        if (is_replaced(bound)) update.turned_away.push_back(bound.number);
        if (!gone) update.listeners[name].gone.push_back(bound.number);
      }
      if (gone) update.gone_listeners.push_back(name);
    }
    for (Bound& bound : entry.binds) bound.file.remove();  // while it is open
  }
  close_inherited();
}

// By another one of its port.
bool ListenerTable::is_replaced(const Bound& gone) const {
  return !gone.service_manager && std::ranges::any_of(entries_, [&](const auto& entry) {
    return std::ranges::any_of(entry.second.binds,
                               [&](const Bound& one) { return may_overlap(one.address, gone.address); });
  });
}

void ListenerTable::add_entries(const model::Snapshot& next, Entries& before,
                                std::vector<WorkerUpdate>& updates) {
  bound_.clear();
  for (const model::Listener& listener : next.listeners) {
    bound_.push_back(admin::bound_listener(listener));
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
  for (Opened::Copy& copy : wanted.copies) {
    updates[copy.worker].listeners[wanted.listener].sockets.push_back(std::move(copy.socket));
  }
  for (WorkerUpdate& update : updates) {
    if (stays_behind) update.listeners[wanted.present->listener].gone.push_back(bound.number);
  }
  std::ranges::find(bound_, wanted.listener, &admin::BoundListener::name)->binds.push_back(bound.address);
  entries_[wanted.listener].binds.push_back(std::move(bound));
}

std::expected<void, std::string> ListenerTable::begin() {
  held_ = false;
  for (auto& [name, entry] : entries_) {
    for (Bound& bound : entry.binds) {
      if (!std::exchange(bound.held, false)) continue;
      if (const auto begun = net::begin_listening(bound.sockets); !begun) {
        return std::unexpected(fmt::format("listener '{}' cannot listen on {}: {}", name,
                                           bound.address.to_string(), std::strerror(begun.error())));
      }
    }
  }
  return {};
}

std::expected<InheritedSockets, StartError> ListenerTable::copied() const {
  InheritedSockets result;
  for (const auto& [name, entry] : entries_) {
    for (const Bound& bound : entry.binds) {
      InheritedSocket& one = result.emplace_back();
      one = {.wanted = bound.wanted,
             .address = bound.address,
             .sockets = {},
             .of = InheritedSocket::Of::listener,
             .listener = name,
             .owns_file = bound.file.owned(),
             .service_manager = bound.service_manager};
      for (const net::Fd& socket : bound.sockets) {
        one.sockets.emplace_back(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
        if (one.sockets.back().valid()) continue;
        return std::unexpected(
            StartError{{}, fmt::format("a socket cannot be shared: {}", std::strerror(errno))});
      }
    }
  }
  return result;
}

bool ListenerTable::own_file(const std::string& path) {
  for (auto& [name, entry] : entries_) {
    for (Bound& bound : entry.binds) {
      if (!bound.address.is_unix() || bound.address.path() != path) continue;
      bound.file = net::SocketFile(path);
      return true;
    }
  }
  return false;
}

void ListenerTable::release() {
  for (auto& [name, entry] : entries_) {
    for (Bound& bound : entry.binds) {
      bound.file.disown();
      bound.sockets.clear();
    }
  }
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
