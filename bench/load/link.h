#pragma once

#include <expected>
#include <memory>
#include <optional>

#include "bench/load/security.h"
#include "lb/base/address.h"
#include "lb/wire/http1_client.h"
#include "lb/wire/http2_client.h"

namespace weir::bench {

// What the links of one thread share. Outlives them.
struct LinkContext {
  wire::Context& context;
  base::SocketAddress address;
  wire::ClientPolicy policy;
  wire::Http2Policy http2_policy;
  std::optional<Security> security;  // absent: no TLS
  wire::Http1Client::Actives actives{};
  wire::Http2Client::Shared http2{};
};

// A connection that is being made. `tls` is its stream, or null.
struct Opened {
  std::unique_ptr<net::ByteStream> stream;
  net::TlsStream* tls = nullptr;
};
// The error is an errno.
std::expected<Opened, int> open_stream(LinkContext& shared);
// What TLS knows of a failure comes first.
wire::Failure explained_by(const net::TlsStream* tls, const wire::Failure& failure);

// The one that sends requests over a link.
class LinkOwner {
 public:
  // The last exchange is over, or there is room for the one that could not begin: the next one may.
  virtual void on_link_free() = 0;

 protected:
  ~LinkOwner() = default;
};

// The way from one virtual user to the server, one exchange at a time. All above it knows only
// wire::ClientStream.
class Link {
 public:
  Link() = default;
  virtual ~Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Begins an exchange, connecting first if necessary; the handler's calls come later. Null: there is no room
  // now. The error is an errno.
  virtual std::expected<wire::ClientStream*, int> begin(wire::ClientHandler& handler) = 0;
  // What the handler tells of the exchange: it is whole, or it failed. on_link_free() follows.
  virtual void answered() = 0;
  virtual void failed() = 0;
};

}  // namespace weir::bench
