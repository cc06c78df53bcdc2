#pragma once

#include <memory>

#include "bench/load/backoff.h"
#include "bench/load/http2_link.h"
#include "bench/load/user.h"

namespace weir::bench {

// A virtual user that sends HTTP requests.
class HttpUser final : public User, wire::ClientHandler, LinkOwner {
 public:
  // `trunk`: the connection of HTTP/2 that it shares; null: one of its own.
  HttpUser(Crew& crew, UserOwner& owner, Http2Trunk* trunk);

 private:
  void begin() override;
  void send_body();
  void on_response_head(http::ResponseHead& head) override;
  void on_body(std::string_view) override {}
  void on_end(const http::FieldList& trailers) override;
  void on_target_failed(const wire::Failure& failure) override;
  void on_connected() override { backoff_.connected(); }
  void on_congested() override {}
  void on_drained() override {}
  void on_incoming_ready() override {}
  void on_outgoing_ready() override { send_body(); }
  void on_link_free() override;
  void fail(wire::Reason reason);

  Crew& crew_;
  std::unique_ptr<Link> link_;
  Backoff backoff_;
  wire::ClientStream* stream_ = nullptr;
  CookieJar cookies_;
  std::size_t body_sent_ = 0;
  unsigned status_ = 0;
};

}  // namespace weir::bench
