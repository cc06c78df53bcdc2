#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lb/base/random.h"
#include "lb/net/timer_wheel.h"
#include "lb/observe/span_json.h"
#include "lb/observe/span_queue.h"
#include "lb/trace/cause.h"
#include "lb/trace/poster.h"

namespace weir::trace {

// Where spans go, and in whose name.
struct Destination {
  model::CollectorUrl url;
  observe::TraceResource resource;
  bool operator==(const Destination&) const = default;
};

struct SenderOptions {
  base::Duration timeout = std::chrono::seconds(10);  // of one POST, the connection included
  base::Duration interval = std::chrono::seconds(1);  // that spans wait for others to come along, at the most
  RetryPolicy retry = {};
  net::ResolverOptions resolvers = {};
};

// Sends what is in a queue to a collector, batch after batch, and again what it does not take. On the thread
// of its loop.
class Sender {
 public:
  Sender(wire::Context& context, std::shared_ptr<observe::SpanQueue> queue, SenderOptions options);

  // What is under way is sent there, too.
  void use(Destination destination);
  // The queue has spans, or a whole batch of them.
  void on_news();
  // Sends what is left, once, for no longer than `grace`, and calls back.
  void stop(base::Duration grace, std::function<void()> stopped);

 private:
  void rest();
  void begin();
  void send();
  void on_answer(const Answer& answer);
  void lose_batch(observe::SpanLoss why);
  void end();
  void on_deadline();
  void note(const Answer& answer, Fate fate);

  wire::Context& context_;
  net::Loop& loop_;
  net::Resolver resolver_;
  const std::shared_ptr<observe::SpanQueue> queue_;
  const SenderOptions options_;
  base::Random random_;
  Destination destination_;
  std::unique_ptr<Poster> poster_;  // null: nowhere yet
  std::vector<observe::Span> batch_;
  unsigned tries_ = 0;             // of the batch
  bool posting_ = false;           // else it waits, or there is none
  CauseNews news_;                 // of the destination
  net::Deadline deadline_;         // of the wait
  net::Deadline stop_by_;          // while it stops
  std::function<void()> stopped_;  // set: it stops
};

}  // namespace weir::trace
