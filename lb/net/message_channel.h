#pragma once

#include <cstddef>
#include <deque>
#include <expected>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "lb/net/fd.h"
#include "lb/net/watcher.h"

namespace weir::net {

// A text with the descriptors that go along with it.
struct Message {
  static constexpr std::size_t kMostBytes = 128u << 10;
  static constexpr std::size_t kMostFds = 253;  // of the kernel, SCM_MAX_FD

  std::string text;
  std::vector<Fd> fds = {};
};

// Two ends for two processes of one machine; the error is an errno. SOCK_SEQPACKET: a message arrives as a
// whole, with its descriptors, or not at all, and whoever holds the descriptor reads on at a message's
// beginning.
std::expected<std::pair<Fd, Fd>, int> message_pair();

// The next message, by waiting for it, for a process that does nothing else yet. The error says what is wrong
// with it, or that there is none.
std::expected<Message, std::string> receive_message(const Fd& socket, base::Duration patience);

// One end on a loop. What is sent waits here until the other end takes it, kMostQueued bytes at the most.
// Anything that is no message, is too large or fails ends the channel; it says so once, by on_closed.
class MessageChannel {
 public:
  static constexpr std::size_t kMostQueued = 256u << 20;

  struct Callbacks {
    std::function<void(Message)> on_message;
    std::function<void(const std::string& why)> on_closed;  // empty: the other end has closed
  };

  // `callbacks` come from the loop, never from inside a call. They may destroy this object.
  MessageChannel(Loop& loop, Fd socket, Callbacks callbacks);
  ~MessageChannel() = default;
  MessageChannel(const MessageChannel&) = delete;
  MessageChannel& operator=(const MessageChannel&) = delete;

  void send(Message message);
  void send(std::string text) { send(Message{std::move(text)}); }
  // Nothing waits here any more.
  bool flushed() const { return queue_.empty(); }
  // Leaves what comes to whoever reads there next; sending goes on.
  void stop_reading();
  void read_on();
  bool open() const { return !closed_; }
  // For another process, which reads on here.
  const Fd& socket() const { return socket_; }

 private:
  static void on_events(void* self, int events);
  void write();
  void read();
  void fail(std::string why);
  void set_interest();

  Fd socket_;
  Callbacks callbacks_;
  Watcher watcher_;
  std::deque<Message> queue_;
  std::size_t queued_ = 0;  // bytes
  std::string failure_;     // to be told
  bool reading_ = true;
  bool closed_ = false;
};

}  // namespace weir::net
