#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/http/h2_flood_guard.h"
#include "lb/http/h2_settings.h"
#include "lb/http/h2_window.h"
#include "lb/http/hpack_decoder.h"
#include "lb/net/byte_stream.h"
#include "lb/net/timer_wheel.h"
#include "lb/wire/context.h"
#include "lb/wire/http2_frame_reader.h"
#include "lb/wire/http2_policy.h"
#include "lb/wire/http2_stream.h"
#include "lb/wire/http2_stream_table.h"
#include "lb/wire/output.h"

namespace weir::wire {

// Why an HTTP/2 connection ended by an error of the peer's, for logs and metrics; no_error: it did not.
struct Http2Fault {
  http::H2Error error = http::H2Error::no_error;
  std::string_view word;  // "settings_flood", ...
};

// The word of the fault that a target answers HTTP/2 with HTTP/1.
inline constexpr std::string_view kHttp1Answer = "http1_answer";

// What both sides of an HTTP/2 connection have in common (RFC 9113): frames in and out over any ByteStream,
// the exchange of settings, flow control in both directions, the streams and their turns, and the end. Which
// streams there are, and what their heads mean, is the derived side's. Lives on its worker's thread.
//
// Heads, small pieces and control frames are written next to each other into the turn's scratch; large pieces
// go by reference behind the 9 bytes of their frame. Only what window or socket do not take is copied to its
// stream, and goes out by turns, a frame of each stream, when they do.
//
// Memory: while no stream is open the connection is this object, its stream and the HPACK table of the peer;
// a partial frame (16 KiB), an unfinished header block (twice the header list), received content (the
// connection's window), and what waits to be sent (kReadStop, and the high mark of each stream) are the
// bounds.
class Http2Connection : public net::StreamEvents, public Flushable {
 public:
  ~Http2Connection() override = default;

  std::size_t open_streams() const { return table_.size(); }
  const Http2Fault& fault() const { return fault_; }

 protected:
  Http2Connection(Context& context, std::unique_ptr<net::ByteStream> stream, const Http2Policy& policy,
                  http::H2Role role);

  // --- what the derived side decides

  // What the peer's RST_STREAM counts as; null: the stream is over.
  virtual http::H2Flood flood_of_reset(const Http2Stream* stream) const = 0;
  // A whole header block has come; it has to pass through decoder_ in any case.
  virtual void on_block(std::uint32_t id, bool end_stream, std::string_view block) = 0;
  // May streams with this id exist, now or before? Frames on others are errors.
  virtual bool is_idle(std::uint32_t id) const = 0;
  virtual void on_peer_settings() = 0;
  virtual void on_reset(Http2Stream& stream, http::H2Error error) = 0;  // by the peer
  virtual void on_goaway(const http::H2GoAway& goaway) = 0;
  virtual void on_ping_ack(std::string_view payload) = 0;
  virtual void on_resumed(Http2Stream& stream) = 0;
  // An error of one stream. `problem` where the message itself is malformed.
  virtual void on_stream_fault(Http2Stream& stream, http::H2Error error, http::Problem problem) = 0;
  virtual void on_end_appended(Http2Stream& stream) = 0;  // END_STREAM is on its way
  // The peer has ended a message of which nothing is wanted any more.
  virtual void on_discarded_end(Http2Stream& stream) = 0;
  // When a stream whose content the peer's windows hold up is given up.
  virtual base::Instant due_of_starving(const Http2Stream& stream) const = 0;
  virtual void on_stream_over(Http2Stream& stream) = 0;  // its handler has had its last call
  virtual void give_back(Http2Stream& stream) = 0;       // nobody refers to it any more
  virtual void on_input_end() = 0;
  virtual void on_broken(int error, bool writing) = 0;
  // The connection ends by an error of the peer's: every stream fails.
  virtual void on_given_up() = 0;
  virtual void on_connecting() {}           // perhaps the connection is there now
  virtual bool ends_when_done() const = 0;  // no stream is open, and none will be
  virtual void on_closed() = 0;
  virtual base::Instant due() const = 0;
  virtual void expire(base::Instant now) = 0;

  // --- for the derived side

  // Sends SETTINGS and the connection's window. A client's preface comes before.
  void begin();
  void begin_reading();
  void receive(std::string_view input);
  void read_once();

  void open(Http2Stream& stream, std::uint32_t id);
  // With the last call to the handler; `reset` tells the peer.
  void fail(Http2Stream& stream, const Failure& failure, std::optional<http::H2Error> reset);
  void fail_all(const Failure& failure);
  // Without a call.
  void drop(Http2Stream& stream, std::optional<http::H2Error> reset);
  // Tells the peer that this stream, of which weir keeps nothing, is over.
  void reset(std::uint32_t id, http::H2Error error);
  // An error of the peer's: GOAWAY, every stream fails, and the connection closes when that is sent.
  void give_up(http::H2Error error, std::string_view word);
  void give_up(http::H2Flood flood) { give_up(http::H2Error::enhance_your_calm, to_string(flood)); }
  bool count(http::H2Flood kind);  // false: the connection has been given up
  void send_goaway(std::uint32_t last_stream, http::H2Error error, std::string_view word);
  void send_ping(std::string_view payload);
  void flush() override;
  // Nothing that comes counts any more. When all is sent: FIN, and what still comes is read for a while (RFC
  // 9112 9.6), so that no RST takes away what was sent.
  void end();
  void close_now();
  bool over() const { return over_; }
  bool closed() const { return stream_ == nullptr; }

  // `write(std::string&)` appends a header block of at most `bound` bytes.
  template <class Write>
  void send_block(Http2Stream& stream, std::size_t bound, bool end_stream, Write&& write) {
    const std::size_t before = output_.size();
    output_.append_with(bound + kHeadersRoom, [&](std::string& to) {
      http::write_headers(to, stream.id_, end_stream, peer_.max_frame, write);
    });
    stream.sent_ += output_.size() - before;
    if (end_stream) stream.end_sent_ = true;
    flush_later();
  }
  void send_content(Http2Stream& stream, std::string_view piece);
  void send_end(Http2Stream& stream, const http::FieldList& trailers);
  void push(Http2Stream& stream);
  // Nothing that still comes of this stream is wanted: it goes back to the connection's window alone.
  void discard(Http2Stream& stream);
  // What was still to be sent of this stream is not wanted.
  void drop_content(Http2Stream& stream);
  void flush_later() { context_.turn.flush_later(*this); }

  void give_back_retired();
  void end_of_message(Http2Stream& stream);
  void tell_later(Http2Stream& stream);

  // A block of which nothing is wanted. False: the connection has been given up.
  bool drop_block(std::string_view block);

  // Sets the deadline if it is nearer than the one that stands.
  void note_due(base::Instant at) {
    if (at < deadline_.at()) deadline_.set(at);
  }
  base::Instant write_due(const std::optional<base::Duration>& wait) const;
  // Whether the peer has taken nothing for as long.
  bool takes_nothing(base::Instant now, const std::optional<base::Duration>& wait);
  bool starves(const Http2Stream& stream) const {
    return stream.waiting() != 0 && (stream.send_window_.left() == 0 || send_window_.left() == 0);
  }

  Context& context_;
  const Http2Policy& policy_;
  std::unique_ptr<net::ByteStream> stream_;
  net::Deadline deadline_;
  http::HpackDecoder decoder_;
  http::H2FloodGuard guard_;
  http::H2Settings peer_;  // what it has declared
  Http2StreamTable table_;
  Http2ResetStreams recently_reset_;
  std::uint32_t last_peer_stream_ = 0;          // the highest that the peer has opened
  std::size_t block_bytes_ = 0;                 // of the frames of the header block that came last
  base::Instant partial_since_ = base::kNever;  // a frame, a header block or the preface has begun
  base::Instant last_read_;
  base::Instant last_write_;
  bool connecting_ = false;    // nothing is read or written yet
  bool knows_limits_ = false;  // the peer has acknowledged the settings

 private:
  friend class Http2Stream;

  static constexpr std::size_t kFrameRoom = 128;    // of a control frame
  static constexpr std::size_t kHeadersRoom = 512;  // of the heads of the frames of a header block
  // What waits to be sent at which nothing more is read: a peer that takes nothing has nothing to ask.
  static constexpr std::size_t kReadStop = 256 * 1024;

  // net::StreamEvents
  void on_readable() override;
  void on_writable() override;

  // Frames in
  void consume(std::string_view input);
  std::string_view fault_of(const Http2Step& failed) const;
  void take(const Http2Step& step);
  void on_headers(const http::H2FrameHead& head, std::string_view payload);
  void on_continuation(const http::H2FrameHead& head, std::string_view payload);
  void on_rst_stream(const http::H2FrameHead& head, std::string_view payload);
  void on_settings(const http::H2FrameHead& head, std::string_view payload);
  void on_ping(const http::H2FrameHead& head, std::string_view payload);
  void on_window_update(const http::H2FrameHead& head, std::string_view payload);
  void on_data(const Http2Step& step);
  Http2Stream* begin_data(const Http2Step& step);
  void take_content(Http2Stream& stream, std::string_view piece);
  void deliver(Http2Stream& stream, std::string_view piece);
  void consumed(std::size_t bytes);
  void return_window(Http2Stream& stream);

  // Frames out
  void append_content(Http2Stream& stream, std::string_view piece, bool copies);
  void append_end(Http2Stream& stream);
  bool mark_last_content(const Http2Stream& stream);
  void make_ready(Http2Stream& stream);
  void pump();
  void send_all();
  void send_some(Http2Stream& stream, std::size_t most);
  bool write();
  void tell_ends();
  std::size_t room() const;
  std::uint64_t position() const { return written_ + output_.size(); }
  // Of at most kFrameRoom bytes.
  template <class Write>
  void append_frame(Write&& write) {
    output_.append_with(kFrameRoom, write);
    flush_later();
  }

  void tell(Http2Stream& stream);
  void tell_due();
  void retire(Http2Stream& stream);
  void on_deadline();
  void arm();
  void rest();
  void begin_linger();
  void update_interest();

  Output output_;
  http::H2SendWindow send_window_;
  http::H2ReceiveWindow receive_window_;
  Http2FrameReader reader_;
  std::string block_;  // of a head that goes on in CONTINUATION frames
  std::uint32_t block_stream_ = 0;
  std::uint32_t continuations_ = 0;
  std::uint64_t written_ = 0;
  std::vector<Http2Stream*> ready_;    // with content to send, in turn
  std::vector<Http2Stream*> due_;      // with something to tell their handlers
  std::vector<Http2Stream*> ending_;   // whose end is not with the kernel yet
  std::vector<Http2Stream*> retired_;  // over, until the turn ends
  // The last DATA frame, as long as it can be changed to be its stream's last.
  char* last_content_flags_ = nullptr;
  std::uint32_t last_content_stream_ = 0;
  std::uint32_t last_content_generation_ = 0;
  base::Instant ended_since_{};
  base::Instant looked_{};  // when `untaken_` was the stream's
  std::uint64_t untaken_ = 0;
  net::Interest interest_;
  Http2Fault fault_;
  http::H2Role role_;
  bool block_ends_stream_ = false;
  bool settings_seen_ = false;
  bool blocked_ = false;  // bytes wait for the socket
  bool over_ = false;     // given up, or without streams to come
  bool lingers_ = false;  // FIN is sent
  bool read_closed_ = false;
};

}  // namespace weir::wire
