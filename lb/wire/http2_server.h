#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "lb/base/random.h"
#include "lb/http/head.h"
#include "lb/wire/http1_server.h"
#include "lb/wire/http2_connection.h"

namespace weir::wire {

class Http2Server;

// One request of an HTTP/2 client and its response.
class Http2ServerStream final : public Http2Message<ServerStream> {
 public:
  void send_interim(const http::OutgoingResponse& head) override;
  // The 101 to an extended CONNECT goes out as a 200 (RFC 8441 5.1).
  void send_head(const http::OutgoingResponse& head) override;
  void close_after_response() override {}
  void set_pace(Pace pace) override;
  void push() override;
  void cancel() override;

 private:
  friend class Http2Server;

  StreamHandler& handler() override { return *handler_; }
  void on_failed(const Failure& failure) override;
  void on_end_sent() override;
  void recycle_more() override;
  Http2Server& server() const;

  // Answered, while the request has not ended: nobody is told of it any more.
  bool lingers() const { return reset_due_ != base::kNever; }
  bool waits_for_body() const { return !raw_ && !in_done_ && !request_failed_ && !paused_ && !out_finished_; }
  bool is_conversation() const { return raw_ || (pace_ == Pace::conversation && waits_for_body()); }
  base::Instant due(const ServerPolicy& policy, bool starves) const;
  bool body_is_too_slow(base::Instant now);

  ServerHandler* handler_ = nullptr;
  Progress progress_;
  base::Instant reset_due_ = base::kNever;  // when a stream that lingers is reset
  Pace pace_ = Pace::steady;
  bool head_request_ = false;
  bool head_sent_ = false;
  bool request_failed_ = false;
  bool continue_owed_ = false;  // the client waits for a 100 before it sends its content
  bool malformed_ = false;      // reset in place of an answer (RFC 9113 8.1.1)
};

// The one that owns server connections over HTTP/2 and answers what they bring. Calls are as ServerOwner's,
// for each stream. `began`: when the first byte of the request's head was read.
class Http2Owner {
 public:
  virtual ServerHandler& on_request(Http2Server& connection, Http2ServerStream& stream,
                                    http::RequestHead& head, base::Instant began) = 0;
  virtual ServerHandler& on_refused(Http2Server& connection, Http2ServerStream& stream,
                                    http::RequestHead& head, const Failure& failure, base::Instant began) = 0;
  // The connection is over; the owner destroys it, not before the turn ends.
  virtual void on_closed(Http2Server& connection) = 0;

 protected:
  ~Http2Owner() = default;
};

// One HTTP/2 connection of a client (RFC 9113), over any ByteStream: each of its streams is an exchange.
//
//   drain():  GOAWAY(2^31-1) and PING -> the PING's answer, or the quiet time -> GOAWAY(last) -> FIN when no
//             stream is open -> what still comes is read and dropped, for a short while
//
// A stream's error resets the stream, one of the connection ends all. A malformed request has its exchange,
// so that it is counted and logged, and is reset in place of the answer. A request that has not ended when
// its answer has is given a moment to do so, within the window that it has, before it is reset.
//
// Lives on its worker's thread.
class Http2Server : public Http2Connection {
 public:
  // What the server connections of a worker share. Outlives them.
  struct Shared {
    explicit Shared(base::Random& its_random) : random(its_random) {}
    base::Random& random;  // for the keys of WebSocket handshakes
    FreeList<Http2ServerStream> streams;
    http::RequestHead head;  // of the request that is being read
  };

  // Within an open turn.
  Http2Server(Context& context, Shared& shared, std::unique_ptr<net::ByteStream> stream,
              const ServerPolicy& policy, const Http2Policy& http2, Http2Owner& owner);
  ~Http2Server() override;
  Http2Server(const Http2Server&) = delete;
  Http2Server& operator=(const Http2Server&) = delete;

  // Bytes that were read from the stream before it came here. At most once, and first.
  void receive_first(std::string_view bytes);

  // Ends in its own time: new streams are taken until the client can know that it has to stop, at most
  // `quiet`.
  void drain(base::Duration quiet);
  // Ends everything now.
  void abort();

  std::uint64_t requests() const { return requests_; }
  // Since when it has had no stream, or waited for a whole request head; absent: it does not.
  std::optional<base::Instant> waiting_since() const;

 private:
  friend class Http2ServerStream;
  enum class Drain : std::uint8_t { none, announced, final };

  static Http2ServerStream& own(Http2Stream& stream) { return static_cast<Http2ServerStream&>(stream); }
  static const Http2ServerStream& own(const Http2Stream& stream) {
    return static_cast<const Http2ServerStream&>(stream);
  }

  void on_block(std::uint32_t id, bool end_stream, std::string_view block) override;
  bool is_idle(std::uint32_t id) const override { return id > last_peer_stream_ || id % 2 == 0; }
  void on_peer_settings() override {}
  void on_goaway(const http::H2GoAway& goaway) override;
  http::H2Flood flood_of_reset(const Http2Stream* stream) const override;
  void on_reset(Http2Stream& stream, http::H2Error error) override;
  void on_ping_ack(std::string_view payload) override;
  void on_resumed(Http2Stream& stream) override;
  void on_stream_fault(Http2Stream& stream, http::H2Error error, http::Problem problem) override;
  void on_end_appended(Http2Stream& stream) override;
  void on_discarded_end(Http2Stream& stream) override;
  void on_stream_over(Http2Stream& stream) override;
  void give_back(Http2Stream& stream) override;
  void on_input_end() override;
  void on_broken(int error, bool writing) override;
  void on_given_up() override { fail_all({Reason::client_gone, http::Problem::none, 0}); }
  bool ends_when_done() const override { return drain_ == Drain::final || client_leaves_; }
  void on_closed() override { owner_.on_closed(*this); }

  // Requests
  void begin_request(std::uint32_t id, bool end_stream, std::string_view block);
  Http2ServerStream& begin_stream(std::uint32_t id, bool end_stream);
  void begin_exchange(Http2ServerStream& stream, bool end_stream, bool upgrade);
  void refuse(Http2ServerStream& stream, bool malformed, http::Problem problem);
  void read_trailers(Http2Stream& stream, bool end_stream, std::string_view block);
  http::ParserLimits limits() const;
  void count_request();

  // What is left of a request that was answered
  void linger(Http2ServerStream& stream);

  // The end
  void announce_end(base::Duration quiet);
  void finish_drain();
  void shut_down(Reason reason);
  void push_out(Http2Stream& stream) { push(stream); }

  // Time
  base::Instant due() const override;
  base::Instant due_of_starving(const Http2Stream& stream) const override;
  void expire(base::Instant now) override;
  void expire_streams(base::Instant now);
  void expire_stream(Http2ServerStream& stream, base::Instant now);

  Shared& shared_;
  const ServerPolicy& server_policy_;
  Http2Owner& owner_;
  base::Instant born_;
  base::Instant idle_since_;
  base::Instant drain_due_ = base::kNever;
  base::Instant wake_due_ = base::kNever;  // of a PING for a client that may not have seen its answer
  std::uint64_t requests_ = 0;
  std::uint32_t last_accepted_ = http::kH2MaxStreamId;  // as the final GOAWAY says
  Drain drain_ = Drain::none;
  bool client_leaves_ = false;  // it has sent GOAWAY
};

}  // namespace weir::wire
