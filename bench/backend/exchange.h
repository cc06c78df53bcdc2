#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bench/backend/answer_head.h"
#include "bench/backend/body_sender.h"
#include "bench/backend/echo.h"
#include "bench/backend/plan.h"
#include "lb/wire/context.h"

namespace weir::bench {

// What all connections of a thread share. Outlives them.
struct Desk {
  Desk(wire::Context& its_context, const AnswerOptions& its_options)
      : context(its_context),
        options(its_options),
        head(its_context.loop.clock(), its_options.fields),
        deadlines(its_context.loop),
        random(base::Random::from_system()) {}

  wire::Context& context;
  const AnswerOptions& options;
  AnswerHead head;
  PreciseDeadlines deadlines;
  base::Random random;
  std::function<void()> on_answered;  // after each answer, or failure that was asked for; may be empty
  std::function<void()> on_die;       // somebody asked for /die
};

// A connection as its exchange ends it.
class Endable {
 public:
  virtual void end_with_reset() = 0;

 protected:
  ~Endable() = default;
};

// A request on its way in, which is thrown away, and its answer on the way out, when it is due; or a
// WebSocket that is echoed. Belongs to a connection, which has one exchange at a time and uses it again for
// the next.
class Exchange final : public wire::ServerHandler {
 public:
  Exchange(wire::ServerStream& stream, Endable& connection, Desk& desk);

  void begin(const http::RequestHead& request);
  void begin_refused(const wire::Failure& failure);

 private:
  enum class State : std::uint8_t { idle, request, waiting, answering, echo, closing };

  void on_body(std::string_view piece) override;
  void on_end(const http::FieldList& trailers) override;
  void on_congested() override;
  void on_drained() override;
  void on_incoming_ready() override {}  // never asked for
  void on_outgoing_ready() override { sender_.on_outgoing_ready(); }
  void on_request_failed(const wire::Failure& failure) override;
  void on_client_failed(const wire::Failure& failure) override;
  void on_response_sent() override;

  void begin_upgrade(const http::RequestHead& request);
  void on_time();
  void answer();
  void send_answer();
  void send_refusal(std::uint16_t status);
  void send_text(const http::OutgoingResponse& head);
  void begin_echo();
  void end_echo();
  void forget();

  wire::ServerStream& stream_;
  Endable& connection_;
  Desk& desk_;
  PreciseDeadline deadline_;
  BodySender sender_;
  Plan plan_;
  std::string accept_;          // of the upgrade that was asked for; empty: none was
  std::unique_ptr<Echo> echo_;  // of a WebSocket
  State state_ = State::idle;
  bool head_request_ = false;
};

}  // namespace weir::bench
