#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "lb/http/head.h"
#include "lb/wire/http1_client.h"
#include "lb/wire/http2_connection.h"

namespace weir::wire {

class Http2Client;

// One request to a target and its response, as a stream of a connection that others share.
class Http2ClientStream final : public Http2Message<ClientStream> {
 public:
  void send_head(const http::OutgoingRequest& head) override;
  void release() override;
  void cancel() override;
  void set_response_timeout(base::Duration timeout) override { response_ = timeout; }
  bool connecting() const override;
  base::Instant request_sent() const override { return request_sent_; }
  bool response_begun() const override { return response_begun_; }
  // Its connection has served others before it, or was there already.
  bool reused() const { return reused_; }

 private:
  friend class Http2Client;

  StreamHandler& handler() override { return *handler_; }
  void on_failed(const Failure& failure) override { handler_->on_target_failed(failure); }
  void on_end_sent() override;
  void recycle_more() override;
  Http2Client& client() const;

  base::Instant due(const ClientPolicy& policy, bool starves) const;

  ClientHandler* handler_ = nullptr;
  std::optional<base::Duration> response_;  // until the head of the response
  base::Instant request_sent_ = base::kNever;
  http::Method method_ = http::Method::get;
  bool reused_ = false;
  bool head_sent_ = false;
  bool response_begun_ = false;
  bool head_seen_ = false;  // of the final response
  bool awaits_continue_ = false;
};

// The one that owns the HTTP/2 connections to a target.
class Http2ClientOwner {
 public:
  // What the connection can take has changed, otherwise than by begin(): ask room(). With no stream open and
  // none to come it closes by itself.
  virtual void on_room(Http2Client& connection) = 0;
  // The connection is over; the owner destroys it, not before the turn ends.
  virtual void on_closed(Http2Client& connection) = 0;

 protected:
  ~Http2ClientOwner() = default;
};

// One HTTP/2 connection to a target (RFC 9113), over any ByteStream: exchanges share it, as many at a time as
// policy and target allow. It stays readable while idle.
//
// What fails with stream_refused (REFUSED_STREAM) or target_leaving (above the last stream of a GOAWAY) has
// not been processed by the target (RFC 9113 8.7). After a GOAWAY no exchange begins, and those under way
// end. A stream that gets no answer in time is reset, and a PING then finds out whether the connection is
// alive. Lives on its worker's thread.
class Http2Client : public Http2Connection {
 public:
  // What the client connections of a worker share. Outlives them.
  struct Shared {
    FreeList<Http2ClientStream> streams;
    http::ResponseHead head;  // of the response that is being read
  };

  // `stream` is still connecting if `connecting`; requests may be sent all the same. `scheme`: "http" or
  // "https". Within an open turn.
  Http2Client(Context& context, Shared& shared, std::unique_ptr<net::ByteStream> stream, bool connecting,
              const ClientPolicy& policy, const Http2Policy& http2, std::string_view scheme,
              Http2ClientOwner& owner);
  ~Http2Client() override;
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  // How many streams a target takes that has not said so yet (RFC 9113 6.5.2 recommends at least as many).
  static constexpr std::size_t kExpectedStreams = 100;
  void expect_streams(std::size_t most) { expected_streams_ = most; }
  // What it has said.
  std::size_t allowed_streams() const { return peer_.max_concurrent_streams; }

  // How many more exchanges may begin now.
  std::size_t room() const;
  // Begins an exchange, where there is room; send_head() comes next.
  Http2ClientStream& begin(ClientHandler& handler);

  // No exchange begins any more; it closes when the last one ends.
  void leave();
  // Ends a connection without exchanges now.
  void close();
  // Ends any connection now; exchanges on it fail.
  void break_off(const Failure& failure);

  std::uint64_t exchanges() const { return exchanges_; }
  bool connecting() const { return connecting_; }
  bool settled() const { return settled_; }  // the target has spoken HTTP/2
  bool leaving() const { return leaving_; }  // no exchange begins on it any more

 protected:
  // What the one who made the stream knows of its failure: the stream is still there. `failure` as it would
  // be told without him.
  virtual Failure explained(const Failure& failure) { return failure; }
  // Why the stream, which has just been established, is not fit for HTTP/2; Reason::none: it is.
  virtual Failure unfit() { return {}; }

 private:
  friend class Http2ClientStream;

  static Http2ClientStream& own(Http2Stream& stream) { return static_cast<Http2ClientStream&>(stream); }
  static const Http2ClientStream& own(const Http2Stream& stream) {
    return static_cast<const Http2ClientStream&>(stream);
  }

  void on_block(std::uint32_t id, bool end_stream, std::string_view block) override;
  bool is_idle(std::uint32_t id) const override { return id >= next_id_ || id % 2 == 0; }
  void on_peer_settings() override;
  // It is weir that asks.
  http::H2Flood flood_of_reset(const Http2Stream*) const override { return http::H2Flood::none; }
  void on_reset(Http2Stream& stream, http::H2Error error) override;
  void on_goaway(const http::H2GoAway& goaway) override;
  void on_ping_ack(std::string_view payload) override;
  void on_resumed(Http2Stream& stream) override;
  void on_stream_fault(Http2Stream& stream, http::H2Error error, http::Problem problem) override;
  void on_end_appended(Http2Stream&) override {}
  void on_discarded_end(Http2Stream&) override {}
  void on_stream_over(Http2Stream& stream) override;
  void give_back(Http2Stream& stream) override;
  void on_input_end() override;
  void on_broken(int error, bool writing) override;
  void on_given_up() override { fail_broken(0); }
  void on_connecting() override;
  bool ends_when_done() const override { return leaving_; }
  void on_closed() override { owner_.on_closed(*this); }
  void flush() override;

  void read_head(Http2ClientStream& stream, bool end_stream, std::string_view block);
  void read_trailers(Http2ClientStream& stream, bool end_stream, std::string_view block);
  void end_response(Http2ClientStream& stream);
  void fail_malformed(Http2ClientStream& stream, http::Problem problem);
  void fail_broken(int error);
  Failure why_broken(const Http2ClientStream& stream, int error) const;
  void break_now(const Failure& failure);
  bool worn_out() const;

  base::Instant due() const override;
  base::Instant due_of_starving(const Http2Stream& stream) const override;
  void expire(base::Instant now) override;
  void expire_streams(base::Instant now);
  void fail_timed_out();
  static Failure timeout_of(const Http2ClientStream& stream);
  void ask_alive(base::Instant now);

  Shared& shared_;
  const ClientPolicy& client_policy_;
  Http2ClientOwner& owner_;
  const std::string_view scheme_;
  base::Instant born_;
  base::Instant last_begun_;            // the last exchange
  base::Instant asked_ = base::kNever;  // by a PING that is not answered; never: none
  std::uint64_t exchanges_ = 0;
  std::size_t expected_streams_ = kExpectedStreams;
  std::uint32_t next_id_ = 1;
  bool settled_ = false;  // the target has sent its settings
  bool leaving_ = false;
  bool room_changed_ = false;
};

}  // namespace weir::wire
