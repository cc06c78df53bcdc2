#include "lb/server/descriptors.h"

#include <doctest/doctest.h>

#include <string>

namespace weir::server {
namespace {

model::Process asking(std::uint64_t connections) {
  model::Process process;
  process.max_connections = connections;
  return process;
}

// Without connections: 128, and 16 of each worker.
std::uint64_t needed_besides(std::uint64_t workers, std::uint64_t sockets) {
  return 128 + 16 * workers + sockets;
}

bool says(const std::expected<ConnectionBounds, StartError>& bounds, std::string_view part) {
  return !bounds && bounds.error().message.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("whatever the limit, all connections together stay below it") {
  for (const std::uint64_t limit : {200U, 256U, 1024U, 4096U, 65'536U, 1'048'576U}) {
    for (const std::uint64_t workers : {1U, 2U, 4U, 16U}) {
      CAPTURE(limit);
      CAPTURE(workers);
      const std::uint64_t sockets = 2 * workers;
      const auto bounds = fit_connections({}, limit, workers, sockets);
      if (!bounds) {
        CHECK(limit < needed_besides(workers, sockets) + limit / 8 + 2);
        continue;
      }
      const auto [clients, idle, pipes] = *bounds;
      CHECK(2 * clients + (idle + 2 * pipes) * workers + needed_besides(workers, sockets) <= limit);
      CHECK(clients >= 1);
      CHECK((idle + 2 * pipes + 1) * workers > limit / 8);
      CHECK(idle >= 2 * pipes);
    }
  }
}

TEST_CASE("auto leaves an eighth to idle connections, and all that is over beyond 100 000 clients") {
  CHECK(fit_connections({}, 1024, 1, 2) == ConnectionBounds{375, 96, 16});
  CHECK(fit_connections({}, 1'048'576, 4, 8) ==
        ConnectionBounds{100'000, (1'048'576 - 200 - 200'000) / 4 - 128, 64});
}

TEST_CASE("a number of clients fits as long as each worker keeps four idle connections") {
  CHECK(fit_connections(asking(10), 1024, 2, 4) == ConnectionBounds{10, (1024 - 164 - 20) / 2 - 104, 52});
  CHECK(fit_connections(asking(426), 1024, 2, 4) == ConnectionBounds{426, 4, 0});
  CHECK(says(fit_connections(asking(427), 1024, 2, 4),
             "427 connections need 1026 descriptors, but the limit is 1024: at most 426 fit"));
}

TEST_CASE("a limit without room for one client is an error") {
  CHECK(says(fit_connections({}, 168, 1, 2), "the descriptor limit of 168 leaves no room"));
  CHECK(fit_connections({}, 169, 1, 2) == ConnectionBounds{1, 17, 2});
  CHECK(says(fit_connections(asking(1), 151, 1, 2), "(150 are needed besides)"));
  CHECK(fit_connections(asking(1), 152, 1, 2) == ConnectionBounds{1, 4, 0});
}

}  // namespace weir::server
