#pragma once

#include "bench/load/user.h"

namespace weir::bench {

// A virtual user that sends HTTP requests.
class HttpUser final : public User, wire::ClientHandler, LinkOwner {
 public:
  HttpUser(Crew& crew, UserOwner& owner);

 private:
  void begin() override;
  void send_body();
  void on_response_head(http::ResponseHead& head) override;
  void on_body(std::string_view) override {}
  void on_end(const http::FieldList& trailers) override;
  void on_target_failed(const wire::Failure& failure) override;
  void on_connected() override { wait_ = {}; }
  void on_congested() override {}
  void on_drained() override {}
  void on_incoming_ready() override {}
  void on_outgoing_ready() override { send_body(); }
  void on_link_free() override;
  void fail(wire::Reason reason);

  Crew& crew_;
  Link link_;
  wire::ClientStream* stream_ = nullptr;
  CookieJar cookies_;
  std::size_t body_sent_ = 0;
  unsigned status_ = 0;
  base::Duration wait_{0};  // before the next connection; 0: none has failed
  net::Deadline wait_over_;
};

}  // namespace weir::bench
