#include "tests/integration/probe/probes.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>

namespace weir::test {

using probe::ProbeId;

Target::Target(Peer::Turn turn, const std::string& address, int backlog)
    : turn_(std::move(turn)),
      sockets_(net::listen_on(base::SocketAddress::parse(address).value(), 1, {.backlog = backlog}).value()) {
}

std::unique_ptr<Peer> Target::accept() {
  std::unique_ptr<Peer> peer;
  Peer::run_until(turn_, [&] { return (peer = accept_now()) != nullptr; });
  return peer;
}

std::unique_ptr<Peer> Target::accept_now() {
  if (sockets_.sockets.empty()) return nullptr;
  net::Fd socket(::accept4(sockets_.sockets.front().get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.valid()) return nullptr;
  return std::make_unique<SocketPeer>(turn_, std::move(socket));
}

Probes::Probes(unsigned most_under_way)
    : prober(
          context, base::Random(1),
          [this](ProbeId id, const ProbeResult& result) {
            results.emplace_back(id, result);
            if (then) then(id);
          },
          most_under_way) {}

void Probes::turn() { loop.run_once(std::chrono::milliseconds(1)); }

bool Probes::run_until(const Peer::Condition& condition) {
  return Peer::run_until([this] { turn(); }, condition);
}

void Probes::advance(base::Duration by) {
  clock.advance(by);
  turn();
  turn();
}

Target Probes::target(const std::string& address, int backlog) {
  return Target([this] { turn(); }, address, backlog);
}

void Probes::add(ProbeId id, const base::SocketAddress& target, model::HealthCheck check,
                 probe::Outset outset) {
  prober.add(id, target, std::make_shared<const model::HealthCheck>(std::move(check)), std::move(outset));
  advance(net::TimerWheel::kTick);
}

ProbeResult Probes::result() {
  REQUIRE(run_until([this] { return results.size() > seen_; }));
  return results[seen_++].second;
}

model::HealthCheck paced(model::Milliseconds interval, model::Milliseconds timeout) {
  model::HealthCheck check;
  check.interval = check.fast_interval = interval;
  check.timeout = timeout;
  check.jitter_percent = 0;
  return check;
}

std::string answer(unsigned status, const std::string& body, const std::string& fields) {
  return fmt::format("HTTP/1.1 {} Reason\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), fields,
                     body);
}

}  // namespace weir::test
