#pragma once

#include <memory>
#include <thread>

#include "lb/net/mailbox.h"
#include "lb/trace/sender.h"

namespace weir::trace {

// The thread that exports spans. Owned by the control thread, which is the only one to call it; the workers
// know its queue. Whatever a collector does, nobody waits for it.
class Exporter {
 public:
  struct Options {
    SenderOptions sender = {};
    base::Duration stop_grace = std::chrono::seconds(2);  // for what is left at the end
  };

  // Starts the thread.
  Exporter(const base::Clock& clock, Options options);
  // Sends what is left, within stop_grace. What comes later is lost.
  ~Exporter();
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  // From here on.
  void use(Destination destination);
  const std::shared_ptr<observe::SpanQueue>& queue() const { return queue_; }

 private:
  struct State;
  void run(const base::Clock& clock, std::move_only_function<void(State*)> ready);

  const Options options_;
  const std::shared_ptr<observe::SpanQueue> queue_ = std::make_shared<observe::SpanQueue>();
  State* state_ = nullptr;  // lives on the thread
  std::thread thread_;
};

}  // namespace weir::trace
