#include "bench/load/run.h"

#include <algorithm>
#include <future>
#include <thread>

#include "bench/load/generator.h"
#include "bench/load/processor_use.h"
#include "bench/measure/interruption.h"

namespace weir::bench {
namespace {

using std::chrono::milliseconds;

// Until then all threads have made their loops.
constexpr base::Duration kReady = milliseconds(50);
constexpr base::Duration kProgress = milliseconds(100);

Window window_of(const LoadPlan& plan, base::Instant now) {
  const base::Instant start = now + kReady;
  return {start, start + plan.warmup, start + plan.warmup + plan.duration};
}

// One thread of the load, and its generator while it runs.
class Worker {
 public:
  Worker(const LoadPlan& plan, const Window& window, unsigned index)
      : thread_([this, &plan, window, index] {
          net::skip_cancellation_points();
          Generator generator(plan, window, index);
          made_.set_value(&generator);
          generator.run();
          tally_ = std::make_unique<Tally>(generator.tally());
          go_.get_future().wait();
        }),
        generator_(made_.get_future().get()) {}
  ~Worker() { join(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  pthread_t id() { return thread_.native_handle(); }
  std::uint64_t answered() const { return generator_->answered(); }
  // Waits for the end.
  const Tally& join() {
    if (thread_.joinable()) {
      go_.set_value();
      thread_.join();
    }
    return *tally_;
  }

 private:
  std::promise<const Generator*> made_;
  std::promise<void> go_;  // its generator may be destroyed
  std::unique_ptr<Tally> tally_;
  std::thread thread_;
  const Generator* generator_;
};

using Workers = std::vector<std::unique_ptr<Worker>>;

void wait_until(base::Instant end, const Window& window, const Workers& workers, const Watched& watched) {
  for (;;) {
    const base::Instant now = base::SystemClock().now();
    if (watched.progress) {
      std::uint64_t answered = 0;
      for (const auto& worker : workers) answered += worker->answered();
      const double part = std::chrono::duration<double>(now - window.start) / (window.until - window.start);
      watched.progress(std::clamp(part, 0.0, 1.0), answered);
    }
    if (now >= end || interrupted()) return;
    std::this_thread::sleep_until(std::min(end, now + kProgress));
  }
}

// The kernel only estimates how the time is split, and two estimates may contradict each other.
ProcessCpu::Times passed(const ProcessCpu::Times& before, const ProcessCpu::Times& after) {
  const base::Duration total = after.total() - before.total();
  const base::Duration user = std::clamp(after.user - before.user, base::Duration(0), total);
  return {user, total - user};
}

Outcome outcome_of(const ProcessorUse& before, const ProcessorUse& after) {
  Outcome outcome;
  outcome.own = passed(before.own, after.own);
  const std::chrono::duration<double> wall = after.at - before.at;
  for (std::size_t i = 0; i < after.threads.size(); ++i) {
    outcome.busiest_thread = std::max(outcome.busiest_thread, (after.threads[i] - before.threads[i]) / wall);
  }
  if (before.target && after.target) {
    outcome.target = passed(*before.target, *after.target);
  }
  outcome.cores = static_cast<double>(std::max<std::size_t>(1, after.cores.size()));
  for (std::size_t i = 0; i < std::min(before.cores.size(), after.cores.size()); ++i) {
    outcome.machine_busy += busy_share(before.cores[i], after.cores[i]) / outcome.cores;
  }
  return outcome;
}

}  // namespace

Outcome run(const LoadPlan& plan, const Watched& watched) {
  const Window window = window_of(plan, base::SystemClock().now());
  Workers workers;
  std::vector<pthread_t> threads;
  for (unsigned i = 0; i < plan.threads; ++i) {
    workers.push_back(std::make_unique<Worker>(plan, window, i));
    threads.push_back(workers.back()->id());
  }
  wait_until(window.from, window, workers, watched);
  const ProcessorUse before = ProcessorUse::now(threads, watched.process);
  wait_until(window.until, window, workers, watched);
  const ProcessorUse after = ProcessorUse::now(threads, watched.process);

  Tally tally;
  for (const auto& worker : workers) tally.merge(worker->join());
  Outcome outcome = outcome_of(before, after);
  outcome.tally = tally;
  outcome.measured = std::max(after.at - before.at, base::Duration(1));
  if (!interrupted()) outcome.measured = plan.duration;
  return outcome;
}

}  // namespace weir::bench
