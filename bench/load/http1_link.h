#pragma once

#include "bench/load/link.h"

namespace weir::bench {

// A connection of HTTP/1.1 that is the user's own, made when it is needed.
class Http1Link final : public Link, wire::ClientOwner {
 public:
  Http1Link(LinkContext& shared, LinkOwner& owner) : shared_(shared), owner_(owner) {}
  ~Http1Link() override;
  Http1Link(const Http1Link&) = delete;
  Http1Link& operator=(const Http1Link&) = delete;

  std::expected<wire::ClientStream*, int> begin(wire::ClientHandler& handler) override;
  void answered() override;
  void failed() override {}  // the connection is over, too

 private:
  void on_idle(wire::Http1Client& connection) override;
  void on_closed(wire::Http1Client& connection) override;

  LinkContext& shared_;
  LinkOwner& owner_;
  std::unique_ptr<wire::Http1Client> connection_;
  bool busy_ = false;
};

}  // namespace weir::bench
