#include "lb/server/descriptors.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

namespace weir::server {
namespace {

constexpr std::uint64_t kMostAuto = 100'000;

// Loops, mailboxes, logs, the admin server and its clients, the standard streams.
constexpr std::uint64_t kReserve = 128;
constexpr std::uint64_t kReservePerWorker = 16;

}  // namespace

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlim_t had = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return had;
  return limit.rlim_cur;
}

std::expected<std::uint64_t, StartError> fit_connections(const model::Process& process, std::uint64_t limit,
                                                         std::uint64_t workers, std::uint64_t sockets) {
  const std::uint64_t reserve = kReserve + kReservePerWorker * workers + sockets;
  const std::uint64_t fitting = limit > reserve ? (limit - reserve) / 2 : 0;
  if (fitting == 0) {
    return std::unexpected(StartError{process.max_connections_place,
                                      fmt::format("process: the descriptor limit of {} leaves no room for "
                                                  "connections ({} are needed besides); raise it "
                                                  "(LimitNOFILE, ulimit -n)",
                                                  limit, reserve)});
  }
  if (!process.max_connections) return std::min(kMostAuto, fitting);
  if (*process.max_connections > fitting) {
    return std::unexpected(StartError{
        process.max_connections_place,
        fmt::format("process.max_connections: {} connections need {} descriptors, but the limit is {}: at "
                    "most {} fit; "
                    "raise the limit (LimitNOFILE, ulimit -n) or use `auto`",
                    *process.max_connections, 2 * *process.max_connections + reserve, limit, fitting)});
  }
  return *process.max_connections;
}

}  // namespace weir::server
