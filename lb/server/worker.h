#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lb/net/fd.h"
#include "lb/net/mailbox.h"
#include "lb/proxy/engine.h"
#include "lb/proxy/listener.h"

namespace weir::server {

// One socket of a listener that a worker accepts from.
struct WorkerSocket {
  net::Fd fd;
  bool shared = false;  // other workers poll the same descriptor
  std::uint16_t port = 0;
};

// A listener as a worker gets it.
struct WorkerListener {
  std::shared_ptr<proxy::ListenerShared> shared;
  std::vector<WorkerSocket> sockets;
};

// A worker: one thread, one loop, one engine. Owned by the control thread, which is the only one to
// call it; what it is told goes through its mailbox.
class Worker {
 public:
  // Starts the thread and waits until it serves. `on_drained` is called on the worker's thread when
  // the last connection has ended after drain().
  Worker(const base::Clock& clock, const proxy::EngineSetup& engine, std::vector<WorkerListener> listeners,
         std::function<void()> on_drained);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void update(const std::string& group, const proxy::GroupView& view);
  void cut(const std::string& group, balance::Slot slot);
  void serve_waiting(const std::string& group);
  void set_keys(std::shared_ptr<const sticky::Keys> keys);  // of cookies
  void drain(base::Duration quiet);
  void abort();  // cuts every connection
  void stop();   // ends the thread; connections that are left are cut

 private:
  struct State;
  void run(const base::Clock& clock, const proxy::EngineSetup& engine, std::vector<WorkerListener> listeners,
           std::move_only_function<void(State*)> ready);

  std::function<void()> on_drained_;
  State* state_ = nullptr;  // lives on the thread, from start to stop
  std::thread thread_;
};

}  // namespace weir::server
