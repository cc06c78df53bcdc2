#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/http/h2_window.h"
#include "lb/wire/seam.h"

namespace weir::wire {

class Http2Connection;

// One stream of an HTTP/2 connection: what its connection keeps of it, whichever side of an exchange it is.
// Taken from a free list when a head comes or goes, and given back at the end of the turn in which the
// exchange has ended: until then its calls are harmless.
class Http2Stream {
 public:
  Http2Stream() = default;
  virtual ~Http2Stream() = default;
  Http2Stream(const Http2Stream&) = delete;
  Http2Stream& operator=(const Http2Stream&) = delete;

  std::uint32_t id() const { return id_; }
  // False once the handler has had its last call, or has given the exchange up.
  bool open() const { return connection_ != nullptr; }
  void recycle();

 protected:
  void begin(Http2Connection& connection, std::uint32_t id, std::uint32_t send_window,
             std::uint32_t receive_window, base::Instant now);

  // What both seams ask of a stream.
  void post(std::string_view piece);
  void post_end(const http::FieldList& trailers);
  void hold();
  void release_hold();

  friend class Http2Connection;

  virtual StreamHandler& handler() = 0;
  // The last call to the handler: the stream is over by no will of its own.
  virtual void on_failed(const Failure& failure) = 0;
  // The end of what goes out is with the kernel.
  virtual void on_end_sent() = 0;
  virtual void recycle_more() = 0;

  // Content that comes now waits, and everything behind it.
  bool holds() const { return paused_ || awaits_tunnel_ || !held_.empty() || held_end_; }
  std::size_t waiting() const { return queue_.size() - queue_begin_; }

  Http2Connection* connection_ = nullptr;  // null: over
  std::uint32_t id_ = 0;

  // Outgoing
  http::H2SendWindow send_window_;
  std::string queue_;  // content that window or socket did not take yet
  std::size_t queue_begin_ = 0;
  std::string trailer_block_;   // comes behind it
  std::uint64_t out_left_ = 0;  // of content of known length
  std::uint64_t end_at_ = 0;    // where its last byte stands in what the connection sends
  std::uint64_t sent_ = 0;      // with frame heads; what is in the connection's output counts
  base::Instant last_write_;

  // Incoming
  http::H2ReceiveWindow receive_window_;
  std::uint32_t window_size_ = 0;
  std::string held_;                      // content that the handler does not take now
  http::FieldList trailers_;              // of a message whose end is held
  std::optional<std::uint64_t> in_left_;  // by Content-Length
  std::uint64_t received_ = 0;            // with frame heads and padding
  base::Instant last_read_;

  bool ready_ = false;          // among the connection's streams that have content to send
  bool ending_ = false;         // among those whose end is not with the kernel yet
  bool due_ = false;            // among those with something to tell the handler
  bool drops_content_ = false;  // outgoing, because there is none by HTTP's rules
  bool measured_ = false;       // out_left_ counts
  bool out_finished_ = false;   // the handler has called finish()
  bool end_sent_ = false;       // END_STREAM is in the connection's output, or gone
  bool congested_ = false;
  bool paused_ = false;
  bool was_paused_ = false;
  bool awaits_tunnel_ = false;  // an upgrade that is not answered yet: what comes is for the tunnel
  bool raw_ = false;            // a tunnel
  bool awaits_head_ = false;    // content that comes now has no message to be of
  bool peer_ended_ = false;     // END_STREAM has come
  bool held_end_ = false;       // and was not told yet
  bool in_done_ = false;        // and was
  bool discards_ = false;       // what still comes is of no use
};

// A stream behind a seam. Nothing is spliced: content stands in frames.
template <class Seam>
class Http2Message : public Seam, public Http2Stream {
 public:
  void send_body(std::string_view piece) final { post(piece); }
  void finish(const http::FieldList& trailers) final { post_end(trailers); }
  void pause() final { hold(); }
  void resume() final { release_hold(); }
  std::uint64_t received_bytes() const final { return received_; }
  std::uint64_t sent_bytes() const final { return sent_; }
  bool take_incoming() final { return false; }
  void return_incoming() final {}
  SpliceEnd incoming() final { return {}; }
  void incoming_spliced(std::uint64_t) final {}
  bool takes_splice() const final { return false; }
  SpliceEnd outgoing() final { return {}; }
  void outgoing_spliced(std::uint64_t) final {}
  void outgoing_failed(int) final {}
  void want_outgoing() final {}
};

}  // namespace weir::wire
