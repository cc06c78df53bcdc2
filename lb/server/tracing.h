#pragma once

#include <memory>

#include "lb/model/snapshot.h"
#include "lb/observe/span_queue.h"
#include "lb/trace/exporter.h"

namespace weir::server {

// Tracing, as the configuration has it. Nothing runs before it is on for the first time; from then on a
// thread is there, which sleeps while it is off. On the control thread.
class Tracing {
 public:
  explicit Tracing(const base::Clock& clock) : clock_(clock) {}

  // Goes over to it: what the workers are to know; null: nothing is traced.
  std::shared_ptr<const observe::TraceSettings> settings(const model::Snapshot& snapshot);
  // Of this process.
  observe::SpanCounts counts() const;
  // Exports what is left, and waits for that a little while. Once the workers have stopped.
  void stop() { exporter_.reset(); }

 private:
  const base::Clock& clock_;
  std::unique_ptr<trace::Exporter> exporter_;  // null: not yet, or no more
};

}  // namespace weir::server
