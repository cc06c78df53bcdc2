#include "lb/server/systemd.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "lb/base/text.h"

namespace weir::server::systemd {
namespace {

// Sockets with SO_REUSEPORT come one by one.
InheritedSockets by_address(InheritedSockets sockets) {
  InheritedSockets result;
  for (InheritedSocket& socket : sockets) {
    socket.wanted = socket.address;
    const auto same = std::ranges::find(result, socket.address, &InheritedSocket::address);
    if (same == result.end()) {
      result.push_back(std::move(socket));
    } else {
      same->sockets.push_back(std::move(socket.sockets.front()));
    }
  }
  return result;
}

}  // namespace

std::expected<InheritedSockets, StartError> listening_sockets() {
  const int count = ::sd_listen_fds(1);
  if (count < 0) {
    return std::unexpected(
        StartError{{}, fmt::format("the sockets of LISTEN_FDS: {}", base::to_lower(std::strerror(-count)))});
  }
  InheritedSockets sockets;
  for (int i = 0; i < count; ++i) {
    InheritedSocket& socket = sockets.emplace_back();
    socket.sockets.emplace_back(SD_LISTEN_FDS_START + i);
    socket.service_manager = true;
  }
  if (auto prepared = prepare(sockets); !prepared) return std::unexpected(prepared.error());
  return by_address(std::move(sockets));
}

bool is_notified() { return std::getenv("NOTIFY_SOCKET") != nullptr; }

void notify(const std::string& lines) { ::sd_notify(0, lines.c_str()); }

void notify_main_pid(pid_t pid) { notify(fmt::format("MAINPID={}", pid)); }

std::optional<base::Duration> watchdog_time() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  ::unsetenv("WATCHDOG_PID");
  return std::chrono::microseconds(microseconds);
}

}  // namespace weir::server::systemd
