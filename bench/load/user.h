#pragma once

#include "bench/load/link.h"
#include "bench/load/recorder.h"
#include "bench/load/request_source.h"

namespace weir::bench {

// What the virtual users of one thread share. Outlives them.
struct Crew {
  const LoadPlan& plan;
  wire::Context& context;
  LinkContext link;
  RequestSource requests;
  std::string message;  // a WebSocket frame, ready to be sent
  Recorder recorder;
};

class User;

// The one that gives virtual users their work.
class UserOwner {
 public:
  // Its last request is over: it can take the next.
  virtual void on_user_free(User& user) = 0;

 protected:
  ~UserOwner() = default;
};

// A virtual user: sends one request at a time, over a connection and with cookies of its own. After a failure
// to connect it waits, longer each time, before it is free again. Lives on its thread's loop.
class User {
 public:
  explicit User(UserOwner& owner) : owner_(owner) {}
  virtual ~User() = default;
  User(const User&) = delete;
  User& operator=(const User&) = delete;

  // Sends a request that was due at this time, which its latency counts from.
  void send(base::Instant due) {
    due_ = due;
    busy_ = true;
    begin();
  }
  // Has it a request that is not answered?
  bool busy() const { return busy_; }
  base::Instant due() const { return due_; }

 protected:
  virtual void begin() = 0;
  void done() { busy_ = false; }
  void free() { owner_.on_user_free(*this); }

 private:
  UserOwner& owner_;
  base::Instant due_{};
  bool busy_ = false;
};

}  // namespace weir::bench
