#pragma once

#include <memory>
#include <optional>

#include "lb/wire/http1_stream.h"

namespace weir::wire {

// How a server connection behaves; the listener's settings. Absent: no limit.
struct ServerPolicy {
  http::ParserLimits limits;
  std::optional<base::Duration> header;
  std::optional<base::Duration> body;
  std::optional<base::Duration> idle;
  std::optional<base::Duration> write;
  std::optional<base::Duration> tunnel;
  std::optional<base::Duration> lifetime;
  std::optional<std::uint64_t> requests;
};

class Http1Server;

// The one that owns server connections and answers what they bring.
class ServerOwner {
 public:
  // A request has begun. `head` may be moved from. The handler lives until its last call.
  virtual ServerHandler& on_request(Http1Server& connection, http::RequestHead& head) = 0;
  // What came is no request: the handler answers with the failure's status. `head` holds what could
  // be read of it.
  virtual ServerHandler& on_refused(Http1Server& connection, http::RequestHead& head,
                                    const Failure& failure) = 0;
  // The connection is over; the owner destroys it, not before the turn ends.
  virtual void on_closed(Http1Server& connection) = 0;

 protected:
  ~ServerOwner() = default;
};

// One HTTP/1 connection of a client, over any ByteStream. Requests are answered one after the
// other; what a client pipelines waits (RFC 9112 9.3.2). Lives on its worker's thread.
class Http1Server : public Http1Stream<ServerStream, http::RequestParser> {
 public:
  using Actives = FreeList<Active>;

  Http1Server(Context& context, Actives& actives, std::unique_ptr<net::ByteStream> stream,
              const ServerPolicy& policy, ServerOwner& owner);

  void send_interim(const http::OutgoingResponse& head) override;
  void send_head(const http::OutgoingResponse& head) override;
  void close_after_response() override { close_requested_ = true; }
  void set_pace(Pace) override {}  // conversations need HTTP/2
  void cancel() override;
  void push() override;

  // The daemon stops: the next response says `Connection: close`; an idle connection gets a FIN
  // after `quiet` without bytes.
  void drain(base::Duration quiet);
  // Ends everything now.
  void abort();

  std::uint64_t requests() const { return requests_; }
  // When the first byte of the request under way was read; only while there is one.
  base::Instant request_began() const { return active_->progress.began; }
  // Since when it has waited for a whole request head; absent: it does not.
  std::optional<base::Instant> waiting_since() const {
    const bool waits = phase_ == Phase::idle || phase_ == Phase::head;
    return waits ? std::optional(phase_since_) : std::nullopt;
  }

 private:
  enum class Phase : std::uint8_t { idle, head, exchange, linger };

  StreamHandler* handler() override { return handler_; }
  bool wants_message() const override;
  bool discards_input(std::size_t bytes) override;
  void on_head() override;
  void on_malformed(const http::Problem& problem) override;
  void on_incomplete_head() override;
  void on_message_end() override;
  void on_input_end() override;
  void on_broken(int error) override;
  void on_write_broken(int error) override;
  void on_hung_up() override;
  bool ends_with_output() const override { return !persists(); }
  void on_output_empty() override;
  void on_output_blocked() override;
  void on_resumed() override;
  const http::ParserLimits& parser_limits() const override { return policy_.limits; }

  void begin_exchange();
  void refuse(const Failure& failure);
  void fail_client(Reason reason, int error = 0);
  void finish_exchange();
  void begin_linger();
  void close_now();
  bool draining() const { return drain_since_ != base::kNever; }
  // May another request follow the exchange under way?
  bool persists() const { return persistent_ && active_->in_done && !request_failed_ && !active_->raw; }
  bool may_persist(const http::OutgoingResponse& head) const;

  // Deadlines. due() is when something has to happen if nothing else does before.
  base::Instant due() const;
  base::Instant write_due() const;
  void look_at_untaken(base::Instant now);
  void on_deadline();
  void expire();
  void arm();
  bool waits_for_body() const;
  bool body_is_too_slow(base::Instant now);

  ServerOwner& owner_;
  const ServerPolicy& policy_;
  ServerHandler* handler_ = nullptr;
  net::Deadline deadline_;
  base::Instant born_;
  base::Instant phase_since_;
  base::Instant drain_since_ = base::kNever;  // never: not draining
  base::Duration drain_quiet_{0};
  std::uint32_t requests_ = 0;
  Phase phase_ = Phase::idle;
  std::uint8_t version_minor_ = 1;
  bool head_request_ = false;
  bool head_sent_ = false;
  bool persistent_ = true;
  bool last_request_ = false;  // the client has said so: nothing comes behind it
  bool close_requested_ = false;
  bool bodiless_ = false;       // the request has no content
  bool continue_owed_ = false;  // the client waits for a 100 before it sends its body
  bool request_failed_ = false;
  bool probed_ = false;
};

}  // namespace weir::wire
