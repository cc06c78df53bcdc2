#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lb/net/fd.h"

// The other end of weir's connections: clients and targets that do exactly what a test says, on the
// test's own thread.
namespace weir::test {

// An HTTP message as it was received, taken apart just enough to look into it.
struct Message {
  std::string start_line;
  std::string head;  // with the start line and the empty line
  std::string body;  // without its transfer coding
  std::string trailers;
  bool whole = false;  // it ended as its framing says

  unsigned status() const;
  std::string field(std::string_view name) const;  // all values, joined by "|"; empty: none
  bool has(std::string_view name) const;
};

class Peer {
 public:
  // Runs `turn` until `condition` holds; false if that takes too long (real time).
  using Condition = std::function<bool()>;
  using Turn = std::function<void()>;
  static bool run_until(const Turn& turn, const Condition& condition);

  explicit Peer(Turn turn) : turn_(std::move(turn)) {}
  virtual ~Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // Sends all of it, or stops when the connection breaks.
  void send(std::string_view bytes);
  // Sends what is taken now, and says how much.
  virtual std::size_t send_some(std::string_view bytes) = 0;
  virtual void shutdown_write() = 0;
  virtual void close() = 0;
  virtual void reset() = 0;

  // The next message, waited for. `bodiless`: an answer to HEAD.
  Message read(bool bodiless = false);
  // Waits until that text has come, and returns everything up to its end; empty: it did not come.
  std::string read_to(std::string_view text);
  std::string read_bytes(std::size_t count);
  std::string read_to_end();  // until the other side closes, in whichever way

  // What has come by now and was not read yet.
  const std::string& waiting();
  bool ended();   // FIN: the other side sends nothing more
  bool broken();  // RST
  bool gone() { return ended() || broken(); }
  bool wait_gone();  // in whichever way

 protected:
  // Moves what has come into `buffer_`.
  virtual void receive() = 0;

  Turn turn_;
  std::string buffer_;
  std::size_t read_limit_ = SIZE_MAX;
  bool ended_ = false;
  bool broken_ = false;

 private:
  bool take_message(Message& message, bool bodiless);
};

// Over a real socket.
class SocketPeer final : public Peer {
 public:
  SocketPeer(Turn turn, net::Fd socket) : Peer(std::move(turn)), socket_(std::move(socket)) {}
  std::size_t send_some(std::string_view bytes) override;
  void shutdown_write() override;
  void close() override { socket_.reset(); }
  void reset() override;
  int fd() const { return socket_.get(); }

 private:
  void receive() override;

  net::Fd socket_;
};

}  // namespace weir::test
