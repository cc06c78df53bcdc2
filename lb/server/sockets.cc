#include "lb/server/sockets.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "lb/net/listen.h"

namespace weir::server {
namespace {

std::expected<void, StartError> bind_one(const model::Bind& bind, unsigned workers, BoundListener& listener) {
  auto bound = net::listen_on(bind.address, workers);
  if (!bound) {
    return std::unexpected(
        StartError{bind.place, fmt::format("listener '{}' cannot listen on {}: {}", listener.settings->name,
                                           bind.address.to_string(), bound.error().message)});
  }
  listener.addresses.push_back(bound->address);
  listener.files.push_back(std::move(bound->file));
  const bool shared = bound->sockets.size() == 1 && workers > 1;
  for (unsigned worker = 0; worker < workers; ++worker) {
    net::Fd fd;
    if (worker < bound->sockets.size()) {
      fd = std::move(bound->sockets[worker]);
    } else {
      fd = net::Fd(::fcntl(listener.sockets[0].back().fd.get(), F_DUPFD_CLOEXEC, 0));
      if (!fd.valid()) return std::unexpected(StartError{bind.place, std::strerror(errno)});
    }
    listener.sockets[worker].push_back({std::move(fd), shared, bound->address.port()});
  }
  return {};
}

}  // namespace

std::expected<std::vector<BoundListener>, StartError> bind_listeners(const model::Snapshot& snapshot,
                                                                     unsigned workers) {
  std::vector<BoundListener> result;
  for (const model::Listener& settings : snapshot.listeners) {
    BoundListener& listener = result.emplace_back();
    listener.settings = &settings;
    listener.sockets.resize(workers);
    for (const model::Bind& bind : settings.binds) {
      if (auto done = bind_one(bind, workers, listener); !done) return std::unexpected(done.error());
    }
  }
  return result;
}

}  // namespace weir::server
