#pragma once

#include <expected>
#include <memory>

#include "lb/base/address.h"
#include "lb/wire/http1_client.h"

namespace weir::bench {

// What the links of one thread share. Outlives them.
struct LinkContext {
  wire::Context& context;
  base::SocketAddress address;
  wire::ClientPolicy policy;
  wire::Http1Client::Actives actives;
};

// The one that sends requests over a link.
class LinkOwner {
 public:
  // The last exchange is over, the connection is in order or gone: the next one may begin.
  virtual void on_link_free() = 0;

 protected:
  ~LinkOwner() = default;
};

// The way from one virtual user to the server: a connection that is made when it is needed, one exchange at a
// time. This is where another protocol version takes its place: all above it knows only wire::ClientStream.
class Link final : wire::ClientOwner {
 public:
  Link(LinkContext& shared, LinkOwner& owner) : shared_(shared), owner_(owner) {}
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Begins an exchange, connecting first if necessary; the handler's calls come later. The error is an errno.
  std::expected<wire::ClientStream*, int> begin(wire::ClientHandler& handler);

 private:
  void on_idle(wire::Http1Client& connection) override;
  void on_closed(wire::Http1Client& connection) override;

  LinkContext& shared_;
  LinkOwner& owner_;
  std::unique_ptr<wire::Http1Client> connection_;
  bool busy_ = false;
};

}  // namespace weir::bench
