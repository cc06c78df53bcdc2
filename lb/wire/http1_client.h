#pragma once

#include <memory>
#include <optional>

#include "lb/wire/http1_stream.h"

namespace weir::wire {

// How a client connection behaves; the target group's settings. Absent: no limit.
struct ClientPolicy {
  http::ParserLimits limits;
  std::optional<base::Duration> connect;
  std::optional<base::Duration> response;
  std::optional<base::Duration> idle;
  std::optional<base::Duration> max_age;
  std::optional<std::uint64_t> max_requests;
};

class Http1Client;

// The one that owns client connections, in use or idle.
class ClientOwner {
 public:
  // The exchange is over and the connection may serve another one.
  virtual void on_idle(Http1Client& connection) = 0;
  // The connection is over; the owner destroys it, not before the turn ends.
  virtual void on_closed(Http1Client& connection) = 0;

 protected:
  ~ClientOwner() = default;
};

// One HTTP/1 connection to a target, over any ByteStream. One exchange at a time. While it is idle
// it stays readable: a byte or a FIN closes it. Lives on its worker's thread.
class Http1Client : public Http1Stream<ClientStream, http::ResponseParser> {
 public:
  using Actives = FreeList<Active>;

  // `stream` is still connecting if `connecting`; requests may be sent all the same.
  Http1Client(Context& context, Actives& actives, std::unique_ptr<net::ByteStream> stream, bool connecting,
              const ClientPolicy& policy, ClientOwner& owner);

  // Begins an exchange; send_head() comes next.
  void begin(ClientHandler& handler);

  void send_head(const http::OutgoingRequest& head) override;
  void release() override;
  void cancel() override;
  void set_response_timeout(base::Duration timeout) override { response_ = timeout; }
  bool connecting() const override { return connecting_; }
  base::Instant request_sent() const override { return request_sent_; }
  bool response_begun() const override { return received_bytes() != 0; }
  // Ends an idle connection now.
  void close() { close_now(); }
  // Ends any connection now; an exchange on it fails.
  void break_off(const Failure& failure);

  std::uint64_t exchanges() const { return exchanges_; }
  bool reused() const { return exchanges_ > 1; }

 protected:
  // What the one who made the stream knows of its failure: the stream is still there. `failure` as it would
  // be told without him.
  virtual Failure explained(const Failure& failure) { return failure; }
  // Whether the end of the incoming bytes, which has come, may be an attacker's.
  virtual bool end_is_doubtful() const { return false; }

 private:
  StreamHandler* handler() override { return handler_; }
  bool wants_message() const override { return handler_ != nullptr && !active_->in_done; }
  bool discards_input(std::size_t bytes) override;
  void on_head() override;
  void on_incomplete_head() override {}
  void on_malformed(const http::Problem& problem) override;
  void on_message_end() override;
  void on_input_end() override;
  void on_broken(int error) override;
  void on_write_broken(int error) override;
  void on_hung_up() override;
  bool ends_with_output() const override { return active_->raw; }
  void on_output_empty() override;
  void on_output_blocked() override { arm(); }
  void on_resumed() override;
  const http::ParserLimits& parser_limits() const override { return policy_.limits; }

  void on_writable() override;
  void flush() override;

  bool reusable() const;
  void settle();
  void fail(const Failure& failure);
  Failure broken(int error);
  void close_now();
  base::Instant due() const;
  void on_deadline();
  void arm();

  ClientOwner& owner_;
  const ClientPolicy& policy_;
  ClientHandler* handler_ = nullptr;
  net::Deadline deadline_;
  std::optional<base::Duration> response_;  // until the head of the response
  base::Instant born_;
  base::Instant request_sent_ = base::kNever;
  std::uint64_t exchanges_ = 0;
  std::uint64_t head_bytes_ = 0;  // of the request
  bool connecting_;
  bool released_ = false;
  bool head_seen_ = false;  // of the final response
  bool interim_ = false;
  bool awaits_continue_ = false;
};

}  // namespace weir::wire
