#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lb/net/mailbox.h"
#include "lb/server/worker_update.h"

namespace weir::server {

// A worker: one thread, one loop, one engine. Owned by the control thread, which is the only one to
// call it; what it is told goes through its mailbox.
class Worker {
 public:
  // Starts the thread and waits until it serves what `first` says. `on_drained` is called on the worker's
  // thread when the last connection has ended after drain().
  Worker(const base::Clock& clock, const proxy::EngineSetup& engine, WorkerUpdate first,
         std::function<void()> on_drained);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void apply(WorkerUpdate update);
  void update(const std::string& group, const proxy::GroupView& view);
  // No view has it any more, but those that are pinned.
  void remove_group(const std::string& group);
  void cut(const std::string& group, balance::Slot slot);
  void serve_waiting(const std::string& group);
  // On its thread.
  void call(net::Mailbox::Task task);
  void drain(base::Duration quiet);
  void abort();  // cuts every connection
  void stop();   // ends the thread; connections that are left are cut

 private:
  struct State;
  void run(const base::Clock& clock, const proxy::EngineSetup& engine, WorkerUpdate first,
           std::move_only_function<void(State*)> ready);

  std::function<void()> on_drained_;
  State* state_ = nullptr;  // lives on the thread, from start to stop
  std::thread thread_;
};

}  // namespace weir::server
