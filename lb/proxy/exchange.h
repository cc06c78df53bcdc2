#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lb/http/desync.h"
#include "lb/http/forward_rules.h"
#include "lb/http/head.h"
#include "lb/net/timer_wheel.h"
#include "lb/proxy/attempt.h"
#include "lb/proxy/client.h"
#include "lb/proxy/engine.h"
#include "lb/proxy/exchange_state.h"
#include "lb/proxy/grpc_call.h"
#include "lb/proxy/relay.h"
#include "lb/proxy/retry.h"
#include "lb/proxy/routes.h"
#include "lb/routing/rewrite.h"
#include "lb/wire/seam.h"

namespace weir::proxy {

// One request of a client and its response: what is done once, however many attempts it takes.
//
//   begin -> admit -> pick -> Attempt -> response head -> Relay -> response sent -> finish
//                       ^________| retry, as long as nothing of a response went to the client
//
// Lives from the request head to finish(), which logs, counts and lets everything go, exactly once;
// then it is used again for another request. One thread.
class Exchange final : public wire::ServerHandler, private Waiter {
 public:
  explicit Exchange(Engine& engine);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // `stream` answers the client, until the last call to this handler; `began` is when the first byte of the
  // request was read.
  void begin(Client& client, wire::ServerStream& stream, base::Instant began, http::RequestHead& head);
  void begin_refused(Client& client, wire::ServerStream& stream, base::Instant began, http::RequestHead& head,
                     const wire::Failure& failure);

  // For its attempt.
  void on_attempt_connected();
  void on_attempt_head(http::ResponseHead& head);
  void on_attempt_body(std::string_view piece);
  void on_attempt_end(const http::FieldList& trailers);
  void on_attempt_failed(const wire::Failure& failure, bool request_sent, bool response_begun);
  Relay& request_relay() { return request_relay_; }
  Relay& response_relay() { return response_relay_; }
  base::Instant now() { return engine_.wire.loop.now(); }

 private:
  friend class Engine;

  // wire::ServerHandler: the client's side.
  void on_body(std::string_view piece) override;
  void on_end(const http::FieldList& trailers) override;
  void on_request_failed(const wire::Failure& failure) override;
  void on_client_failed(const wire::Failure& failure) override;
  void on_response_sent() override;
  void on_congested() override { response_relay_.sink_congested(); }
  void on_drained() override { response_relay_.sink_drained(); }
  void on_incoming_ready() override { request_relay_.source_ready(); }
  void on_outgoing_ready() override { response_relay_.sink_ready(); }

  void start(Client& client, wire::ServerStream& stream, base::Instant began, http::RequestHead& head);
  const model::Listener& listener() const { return view_->model(); }
  const model::TargetGroup& group() const { return destination_->settings->model; }
  wire::Failure admit();
  bool is_misdirected() const;
  wire::Failure check_desync();
  void classify(const wire::Failure& failure);
  bool wants_upgrade() const;
  bool asks_for_tunnel() const;
  bool is_asked_protocol(const http::ResponseHead& head) const;
  void identify();
  http::RequestContext context();
  std::string_view request_id() const { return http::request_id(request_, client_->trusted(), ids_); }
  // False: a rule makes a header that cannot be sent.
  bool build_request();
  bool build_response(const http::ResponseHead& head);
  std::string hint_of_https() const;
  void build_answer(const wire::Failure& failure);

  // As a gRPC call
  void begin_call();
  void on_deadline();
  bool overdue() { return now() >= deadline_.at(); }
  bool answers_call(const wire::Failure& failure) const;
  void note_grpc_answer(const http::ResponseHead& head);
  void note_grpc_status(const http::FieldList& fields);
  void count_call(observe::RouteCounters& route) const;

  // Its trace
  void begin_trace();
  void note_failed_try();
  observe::SpanTimes span_times() const;
  bool is_failure() const;  // of weir or the target, not the client
  void end_trace(observe::AccessRecord& record);

  // What is done with it
  wire::Failure route();
  void act();
  void forward();
  void redirect(const model::RedirectAction& action);
  void respond(const model::RespondAction& action);
  void begin_own_head(std::uint16_t status, std::string_view content_type);
  void finish_own_head();
  bool edit(const model::FieldEdits& edits, http::FieldList& fields);
  std::string_view scheme() const;
  std::uint16_t port() const;

  // The client's sessions: with the rule's groups, and with the group's targets
  std::int64_t seconds() { return static_cast<std::int64_t>(engine_.date.seconds(now())); }  // since 1970
  const Destination& choose_destination();
  Target* named_target();
  // Says whether cookies go with the response.
  bool sessions_answered(const http::ResponseHead& head);
  void add_cookies();
  void count_sessions();

  void try_first_target();
  // Waiter
  balance::PickRequest next_pick() override;
  void on_target_free(Target& target) override;
  void on_wait_in_vain(wire::Reason why) override;
  bool has_content() const { return request_.body.kind != http::Body::Kind::none; }
  Target* take_other();
  bool try_elsewhere(const http::ResponseHead& head);
  FailedAttempt failed_attempt(wire::Reason reason);
  void try_target(Target& target, bool fresh);
  Approach approach_to(const Target& target) const;
  std::string_view target_authority(const Target& target) const;
  void send_request();
  bool keep_for_replay(std::string_view piece);
  bool may_be_repeated() const;
  void forget_replay();

  void send_response(http::ResponseHead& head);
  void begin_tunnel(http::ResponseHead& head);
  void let_view_go();
  void answer(const wire::Failure& failure);
  void begin_answer(std::uint16_t status);
  void send_answer(bool then_close);
  void cut(const wire::Failure& failure);
  void end_attempt();

  void finish();
  void count();
  void count_desync();
  void write_records();
  // A client that is not as its connection: a trusted proxy speaks for it, or it has a tunnel.
  struct LogClient {
    std::string address;
    std::optional<observe::AccessClient> part;
  };
  observe::AccessRecord make_record(LogClient& other);
  const observe::AccessClient& access_client(const model::Listener& settings, LogClient& other);
  const observe::AccessTarget& access_target() const;
  const observe::AccessRoute& access_route() const;
  bool has_own_ids(const model::Listener& settings) const;
  std::string_view logged_request_id(const model::Listener& settings) const;
  std::string_view trace_id(const model::Listener& settings) const;
  std::string_view protocol_text() const;

  Engine& engine_;
  std::size_t place_ = 0;  // among the engine's exchanges
  Client* client_ = nullptr;
  wire::ServerStream* stream_ = nullptr;
  ListenerView* view_ = nullptr;              // pinned; null: none any more
  const Route* route_ = nullptr;              // null: refused before, or a tunnel
  const Destination* destination_ = nullptr;  // null: not forwarded, or a tunnel
  Group* group_ = nullptr;                    // of the destination
  Session rule_session_;
  Session target_session_;
  Attempt attempt_;
  Relay request_relay_;
  Relay response_relay_;
  net::Deadline deadline_;  // of a gRPC call whose client has one

  http::RequestHead request_;
  http::OutgoingRequest sent_request_;
  http::OutgoingResponse sent_response_;
  http::FieldList request_trailers_;
  std::string replay_;       // request content that may have to be sent again
  std::string answer_body_;  // of weir's own answer
  // What is left of the route once a tunnel has let it go.
  std::shared_ptr<const observe::AccessRoute> tunnel_route_;
  std::shared_ptr<observe::RouteCounters> tunnel_counters_;
  std::string redirected_to_;  // the Location of weir's own answer
  routing::Rewritten rewritten_;
  http::TraceIds ids_;
  std::unique_ptr<ExchangeTrace> trace_;  // null: tracing is off
  http::Classification classification_;
  std::vector<balance::Slot> tried_;
  balance::Zone failed_zone_ = balance::kNoZone;  // where the last attempt failed
  std::optional<std::uint64_t> hash_;             // once it was needed

  base::Instant began_{};      // its first byte
  base::Instant head_read_{};  // the last one of its head
  base::Duration queued_{};    // that it waited for a slot
  std::uint64_t body_bytes_ = 0;
  wire::Failure failure_;  // why weir answered, or cut the exchange
  std::uint16_t status_ = 0;
  std::uint16_t target_status_ = 0;
  std::uint32_t attempts_ = 0;
  std::optional<std::uint16_t> grpc_status_;  // that the client is sent
  std::uint32_t fresh_connections_ = 0;       // beside the attempts
  RequestState request_state_ = RequestState::receiving;
  ResponseState response_state_ = ResponseState::waiting;
  bool grpc_ = false;  // it is a gRPC call
  bool replayable_ = true;
  bool upgrade_ = false;     // the target is asked for a tunnel
  bool tunnel_ = false;      // and has agreed
  bool close_both_ = false;  // neither connection serves another exchange (desync_mode: defensive)
};

}  // namespace weir::proxy
