#include "lb/probe/prober.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lb/health/probe_schedule.h"
#include "lb/net/prefaced_stream.h"
#include "lb/net/proxy_header_write.h"
#include "lb/net/tcp_stream.h"
#include "lb/probe/grpc_probe.h"
#include "lb/probe/http_probe.h"
#include "lb/probe/tcp_probe.h"

namespace weir::probe {
namespace {

// This machine's trouble, not the target's.
bool is_local(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS; }

base::SocketAddress with_port_of(base::SocketAddress target, const model::HealthCheck& check) {
  if (check.port && !target.is_unix()) target.set_port(*check.port);
  return target;
}

std::unique_ptr<Probe> make_probe(model::HealthCheck::Protocol protocol, ProbeOrder order) {
  using enum model::HealthCheck::Protocol;
  switch (protocol) {
    case tcp: return std::make_unique<TcpProbe>(std::move(order));
    case grpc: return std::make_unique<GrpcProbe>(std::move(order));
    case http:
    case https: break;
  }
  return std::make_unique<HttpProbe>(std::move(order));
}

}  // namespace

std::expected<std::unique_ptr<net::ByteStream>, int> Prober::connect_to(const base::SocketAddress& address,
                                                                        const Outset& outset) {
  auto stream = net::TcpStream::connect(context_.loop, address);
  if (!stream) return std::unexpected(stream.error());
  if (!outset.proxy) return *std::move(stream);
  std::string header;
  net::write_proxy_header(header, {.version = *outset.proxy, .local = true});
  return std::make_unique<net::PrefacedStream>(*std::move(stream), std::move(header));
}

// In the heap while it waits, or it has a probe under way.
class Prober::Target final : public Due, ProbeOwner {
 public:
  Target(Prober& its_prober, ProbeId its_id, base::SocketAddress its_address,
         std::shared_ptr<const model::HealthCheck> its_check, Outset its_outset)
      : prober(its_prober),
        id(its_id),
        address(std::move(its_address)),
        check(std::move(its_check)),
        outset(std::move(its_outset)),
        schedule(prober.context_.loop.now()) {}

  base::Instant due() const { return schedule.due(*check, changing); }
  ProbeOwner& owner() { return *this; }

  Prober& prober;
  const ProbeId id;
  const base::SocketAddress address;
  const std::shared_ptr<const model::HealthCheck> check;
  const Outset outset;
  health::ProbeSchedule schedule;
  bool changing = true;
  std::unique_ptr<Probe> probe;

 private:
  void on_result(const health::ProbeResult& result) override { prober.on_result(*this, result); }
};

Prober::Prober(wire::Context& context, base::Random random, OnResult on_result, unsigned most_under_way)
    : context_(context),
      random_(random),
      on_result_(std::move(on_result)),
      most_under_way_(std::max(1U, most_under_way)),
      next_(context.loop.timers(), this, [](void* self) { static_cast<Prober*>(self)->start_due(); }) {}

Prober::~Prober() {
  targets_.clear();
  context_.loop.settle();  // connections that refer to the context
}

void Prober::add(ProbeId id, const base::SocketAddress& target,
                 std::shared_ptr<const model::HealthCheck> check, Outset outset) {
  remove(id);
  base::SocketAddress address = with_port_of(target, *check);
  auto& added = targets_[id];
  added = std::make_unique<Target>(*this, id, std::move(address), std::move(check), std::move(outset));
  wait(*added);
  arm();
}

void Prober::set_changing(ProbeId id, bool changing) {
  const auto found = targets_.find(id);
  if (found == targets_.end() || found->second->changing == changing) return;
  Target& target = *found->second;
  target.changing = changing;
  if (!target.waits()) return;
  wait(target);
  arm();
}

void Prober::remove(ProbeId id) {
  const auto found = targets_.find(id);
  if (found == targets_.end()) return;
  Target& target = *found->second;
  waiting_.remove(target);
  if (target.probe) --under_way_;  // and not in its callback: then it would be the loop's already
  targets_.erase(found);
  arm();
}

void Prober::wait(Target& target) { waiting_.set(target, target.due()); }

void Prober::arm() {
  const bool may_start = !waiting_.empty() && under_way_ < most_under_way_;
  next_.set(may_start ? waiting_.first_at() : base::kNever);
}

void Prober::start_due() {
  const base::Instant now = context_.loop.now();
  for (unsigned starts = 0; starts < kStartsPerTurn && under_way_ < most_under_way_; ++starts) {
    if (waiting_.empty() || waiting_.first_at() > now) break;
    auto& target = static_cast<Target&>(waiting_.first());
    waiting_.remove(target);
    start(target);
  }
  arm();
}

void Prober::start(Target& target) {
  target.schedule.started(context_.loop.now(), *target.check, target.changing, random_);
  ProbeOrder order{
      context_,      target.address, target.check, target.outset, connect_to(target.address, target.outset),
      target.owner()};
  if (!order.stream && is_local(order.stream.error())) {
    ++skipped_;
    return wait(target);
  }
  ++under_way_;
  target.probe = make_probe(target.check->protocol, std::move(order));
}

void Prober::on_result(Target& target, const health::ProbeResult& result) {
  --under_way_;
  context_.loop.reap(std::move(target.probe));  // the result is part of it
  wait(target);
  on_result_(target.id, result);  // may remove the target
  start_due();
}

}  // namespace weir::probe
