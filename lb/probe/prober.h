#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "lb/base/address.h"
#include "lb/base/random.h"
#include "lb/health/probe_result.h"
#include "lb/model/health_check.h"
#include "lb/net/loop.h"
#include "lb/net/timer_wheel.h"
#include "lb/probe/due_heap.h"
#include "lb/probe/probe.h"

namespace weir::probe {

using ProbeId = std::uint64_t;

// Runs the checks of all targets, once per daemon, on the control thread's loop: when each is due
// (health::ProbeSchedule), what it finds (health::judge_*), never two of one target at a time, and at most
// `most_under_way` in all; the others wait in the order of their times. What follows from a result is the
// caller's business. The loop and the context outlive it; it is not destroyed from inside on_result.
class Prober {
 public:
  // Returns nothing; may call the prober.
  using OnResult = std::function<void(ProbeId, const health::ProbeResult&)>;

  Prober(wire::Context& context, base::Random random, OnResult on_result, unsigned most_under_way = 256);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  // The first probe goes out at once. It counts as changing until set_changing() says otherwise. An id that
  // is there already begins anew.
  void add(ProbeId id, const base::SocketAddress& target, std::shared_ptr<const model::HealthCheck> check,
           Outset outset = {});
  // Chooses between interval and fast_interval, counted from the last start: the next one may be due at once.
  void set_changing(ProbeId id, bool changing);
  // A probe under way is dropped silently.
  void remove(ProbeId id);

  std::size_t targets() const { return targets_.size(); }
  std::size_t under_way() const { return under_way_; }
  // Probes that this machine had no descriptor or memory for: they say nothing about their targets, which are
  // probed again an interval later.
  std::uint64_t skipped() const { return skipped_; }

 private:
  class Target;

  // Connecting takes some 20 us: others have their turn on the loop in between.
  static constexpr unsigned kStartsPerTurn = 64;

  std::expected<std::unique_ptr<net::ByteStream>, int> connect_to(const base::SocketAddress& address,
                                                                  const Outset& outset);
  void start_due();
  void start(Target& target);
  void wait(Target& target);
  void on_result(Target& target, const health::ProbeResult& result);
  void arm();

  ProbeContext context_;
  base::Random random_;
  OnResult on_result_;
  unsigned most_under_way_;
  std::size_t under_way_ = 0;
  std::uint64_t skipped_ = 0;
  DueHeap waiting_;
  std::unordered_map<ProbeId, std::unique_ptr<Target>> targets_;
  net::Deadline next_;
};

}  // namespace weir::probe
