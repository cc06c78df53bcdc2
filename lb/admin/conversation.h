#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lb/admin/client.h"
#include "lb/base/address.h"
#include "lb/net/loop.h"
#include "lb/wire/http1_client.h"

namespace weir::admin {

// One request to a daemon's admin API over one connection, for the command line. On the thread of its loop,
// which has no other one at the same time. Destroying it ends it.
class Conversation final : public wire::ClientHandler, public wire::ClientOwner {
 public:
  using Each = std::function<void(std::string_view)>;
  using Done = std::function<void(std::expected<Reply, std::string>)>;

  // `each` gets the pieces of a body of status 200, of an answer that goes on; it is null for one that is
  // wanted whole. `done` is called once, in a turn of the loop and not from begin(); it may destroy this.
  Conversation(net::Loop& loop, Call call, Each each, Done done);
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // Once.
  void begin(const base::SocketAddress& address);
  // The request may have been taken: it is not for another address too.
  bool sent() const { return sent_; }

 private:
  void on_response_head(http::ResponseHead& head) override { reply_.status = head.status; }
  void on_body(std::string_view piece) override;
  void on_end(const http::FieldList&) override { finish(std::move(reply_)); }
  void on_target_failed(const wire::Failure& failure) override;
  void on_connected() override { sent_ = true; }
  void on_congested() override {}
  void on_drained() override {}
  void on_incoming_ready() override {}
  void on_outgoing_ready() override {}
  void on_idle(wire::Http1Client&) override {}
  void on_closed(wire::Http1Client&) override { closed_ = true; }

  void send();
  void finish(std::expected<Reply, std::string> outcome);
  std::string nobody_answers(int error) const;

  net::Loop& loop_;
  const Call call_;
  const Each each_;
  Done done_;  // null: it has been called
  wire::Context context_;
  wire::Http1Client::Actives actives_;
  wire::ClientPolicy policy_;
  std::unique_ptr<wire::Http1Client> client_;
  Reply reply_;
  const std::shared_ptr<Conversation*> self_ = std::make_shared<Conversation*>(this);
  bool sent_ = false;
  bool closed_ = false;
};

}  // namespace weir::admin
