#include "lb/server/descriptors.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace weir::server {
namespace {

constexpr std::uint64_t kMostAuto = 100'000;

// Loops, mailboxes, logs, the admin server and its clients, the standard streams.
constexpr std::uint64_t kReserve = 128;
constexpr std::uint64_t kReservePerWorker = 16;

// What idle target connections get: a share of the limit, or at least so many of each worker.
constexpr std::uint64_t kIdleShare = 8;
constexpr std::uint64_t kLeastIdlePerWorker = 4;

// An unprivileged user has about a thousand pipes of full size in all.
constexpr std::uint64_t kMostPipes = 64;
constexpr std::uint64_t kPipeShare = 8;

constexpr std::string_view kRemedy = "raise the limit (LimitNOFILE, ulimit -n)";

std::uint64_t what_fits(std::uint64_t limit, std::uint64_t besides) {
  return limit > besides ? (limit - besides) / 2 : 0;
}

}  // namespace

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlim_t had = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return had;
  return limit.rlim_cur;
}

std::expected<ConnectionBounds, StartError> fit_connections(const model::Process& process,
                                                            std::uint64_t limit, std::uint64_t workers,
                                                            std::uint64_t sockets) {
  const auto failed = [&](std::string message) {
    return std::unexpected(StartError{process.max_connections_place, std::move(message)});
  };
  const std::uint64_t reserve = kReserve + kReservePerWorker * workers + sockets;
  const auto& asked = process.max_connections;
  const std::uint64_t besides = reserve + (asked ? kLeastIdlePerWorker * workers : limit / kIdleShare);
  const std::uint64_t fitting = what_fits(limit, besides);
  if (fitting == 0) {
    return failed(fmt::format(
        "process: the descriptor limit of {} leaves no room for connections ({} are needed besides); {}",
        limit, besides, kRemedy));
  }
  if (asked && *asked > fitting) {
    return failed(
        fmt::format("process.max_connections: {} connections need {} descriptors, but the limit is {}: at "
                    "most {} fit; {} or use `auto`",
                    *asked, 2 * *asked + besides, limit, fitting, kRemedy));
  }
  const std::uint64_t clients = asked ? *asked : std::min(kMostAuto, fitting);
  const std::uint64_t left = (limit - reserve - 2 * clients) / workers;
  const std::uint64_t pipes = std::min(kMostPipes, left / kPipeShare);
  return ConnectionBounds{clients, left - 2 * pipes, pipes};
}

}  // namespace weir::server
