#pragma once

#include <functional>
#include <string>

#include "lb/admin/message.h"
#include "lb/wire/http1_server.h"

namespace weir::admin {

using Answer = std::function<Response(const Request&)>;

// One request on its way in and its answer on the way out. Belongs to a connection, which has one exchange at
// a time and uses it again for the next.
class Exchange final : public wire::ServerHandler {
 public:
  static constexpr std::size_t kMostBody = 64 * 1024;

  Exchange(wire::ServerStream& stream, const Answer& answer, const base::Clock& clock)
      : stream_(stream), answer_(answer), clock_(clock) {}

  void begin(http::RequestHead& head);
  void begin_refused(http::RequestHead& head, const wire::Failure& failure);

 private:
  void on_body(std::string_view piece) override;
  void on_end(const http::FieldList& trailers) override;
  void on_congested() override {}  // the answer is in memory as a whole
  void on_drained() override {}
  void on_incoming_ready() override {}
  void on_outgoing_ready() override {}
  void on_request_failed(const wire::Failure& failure) override;
  void on_client_failed(const wire::Failure&) override { forget(); }
  void on_response_sent() override { forget(); }

  void refuse_body();
  void send(Response response);
  void forget();

  wire::ServerStream& stream_;
  const Answer& answer_;
  const base::Clock& clock_;
  http::RequestHead request_;
  std::string request_body_;
  std::string response_body_;  // its bytes are borrowed until the response is sent
  bool answered_ = false;
};

}  // namespace weir::admin
