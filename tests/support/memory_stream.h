#pragma once

#include <deque>
#include <memory>
#include <string>

#include "lb/net/byte_stream.h"
#include "lb/net/loop.h"
#include "tests/support/peer.h"

namespace weir::test {

// How a memory stream makes life hard for its owner.
struct MemoryHabits {
  std::size_t read_size = 1;   // bytes that one read gives
  std::size_t write_size = 1;  // bytes that one write takes
  std::size_t window = 4096;   // bytes that wait for the peer before writes are refused
  bool stutter = true;         // every other read and write says would_block, whatever was announced
  bool accepts = true;         // false: connecting never ends
};

// What both ends of a memory stream share. The stream's end dies with its connection.
struct MemoryPipe {
  class MemoryStream* stream = nullptr;
  MemoryHabits habits;
  std::string to_stream;
  std::string to_peer;
  bool peer_shut = false;  // FIN of the peer
  bool peer_reset = false;
  bool peer_gone = false;  // closed: what is written breaks the stream
  bool stream_shut = false;
  bool stream_reset = false;
  bool stream_gone = false;
};

// A ByteStream without a descriptor, as unlike a socket as the contract allows: events come when
// nothing is ready, reads give a byte, writes take a byte, and what is readable waits inside the
// stream, so that no readiness of a descriptor tells of it. It never splices.
class MemoryStream final : public net::ByteStream {
 public:
  MemoryStream(net::Loop& loop, std::shared_ptr<MemoryPipe> pipe);
  ~MemoryStream() override;

  void set_events(net::StreamEvents* events) override { events_ = events; }
  void want(net::Interest interest) override;
  net::Interest wanted() const override { return wanted_; }
  net::IoResult established() override;
  net::IoResult read(std::span<char> into) override;
  net::IoResult write(std::span<const iovec> parts) override;
  net::IoResult shutdown_write() override;
  void reset_on_close() override { pipe_->stream_reset = true; }

  // The other end has changed something: tell the owner in a turn of its own.
  void wake();

 private:
  bool readable() const { return !pipe_->to_stream.empty() || pipe_->peer_shut || pipe_->peer_reset; }
  bool writable() const;
  void deliver();

  net::Loop& loop_;
  std::shared_ptr<MemoryPipe> pipe_;
  net::StreamEvents* events_ = nullptr;
  net::Interest wanted_;
  bool scheduled_ = false;
  bool stutter_read_ = false;
  bool stutter_write_ = false;
  bool read_turn_ = false;
};

class MemoryPeer final : public Peer {
 public:
  MemoryPeer(Turn turn, std::shared_ptr<MemoryPipe> pipe) : Peer(std::move(turn)), pipe_(std::move(pipe)) {}
  ~MemoryPeer() override { close(); }
  std::size_t send_some(std::string_view bytes) override;
  void shutdown_write() override;
  void close() override;
  void reset() override;

 private:
  void receive() override;
  void wake();

  std::shared_ptr<MemoryPipe> pipe_;
};

}  // namespace weir::test
