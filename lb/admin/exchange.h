#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lb/admin/later.h"
#include "lb/admin/message.h"
#include "lb/wire/http1_server.h"

namespace weir::admin {

using Answer = std::function<Response(const Request&)>;

// How many answers of a server go on at the same time.
struct SourceCount {
  std::size_t now = 0;
  std::size_t most = 0;
};
struct SourceCounts {
  SourceCount endless;
  SourceCount ending;
  SourceCount& of(const Source& source) { return source.ends() ? ending : endless; }
};

// One request on its way in and its answer on the way out. Belongs to a connection, which has one exchange at
// a time and uses it again for the next. An answer that has an end has to be taken within kLongestAnswer, or
// the connection is reset: who reads drop by drop takes a place that others wait for.
class Exchange final : public wire::ServerHandler {
 public:
  static constexpr std::size_t kMostBody = 1024 * 1024;
  static constexpr base::Duration kLongestAnswer = std::chrono::seconds(30);

  // `reset` closes the connection of the stream at once, with what it has still to send, as cancel() does.
  Exchange(wire::ServerStream& stream, std::function<void()> reset, const Answer& answer,
           wire::Context& context, SourceCounts& sources);
  ~Exchange() { forget(); }
  // Since when the body of a request is on its way; kNever: none is.
  base::Instant receiving_since() const { return receiving_since_; }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void begin(http::RequestHead& head);
  void begin_refused(http::RequestHead& head, const wire::Failure& failure);
  // The source, if there is one, is asked in the next turn of the loop.
  void on_news();

 private:
  void on_body(std::string_view piece) override;
  void on_end(const http::FieldList& trailers) override;
  void on_congested() override { congested_ = true; }
  void on_drained() override;
  void on_incoming_ready() override {}
  void on_outgoing_ready() override {}
  void on_request_failed(const wire::Failure& failure) override;
  void on_client_failed(const wire::Failure&) override { forget(); }
  void on_response_sent() override { forget(); }

  void refuse_body();
  void send_later(Response response);
  void send(Response response);
  void begin_source(std::unique_ptr<Source> source);
  void ask();
  void ask_soon();
  void cut();
  void end_source();
  void forget();

  wire::ServerStream& stream_;
  const std::function<void()> reset_;
  const Answer& answer_;
  wire::Context& context_;
  SourceCounts& sources_;
  http::RequestHead request_;
  std::string request_body_;
  std::string response_body_;  // its bytes are borrowed until the response is sent
  std::unique_ptr<Source> source_;
  std::shared_ptr<Later> later_;
  net::Deadline ask_;
  net::Deadline cut_;
  base::Instant receiving_since_ = base::kNever;
  bool asks_ = false;  // in the next turn
  const std::shared_ptr<Exchange*> self_ = std::make_shared<Exchange*>(this);
  bool answered_ = false;
  bool congested_ = false;
};

}  // namespace weir::admin
