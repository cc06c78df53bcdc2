#pragma once

#include <memory>
#include <string_view>

#include "lb/proxy/target_link.h"
#include "lb/wire/http1_client.h"
#include "lb/wire/http2_client.h"

namespace weir::proxy {

// What weir offers by ALPN where a group has http2.
inline constexpr std::string_view kHttp2Alpn = "h2";

// One HTTP/1.1 connection to a target, in use or idle. Owned by its target.
class TargetConnection final : public wire::Http1Client, public TargetLink {
 public:
  TargetConnection(Target& target, std::unique_ptr<net::ByteStream> stream, net::TlsStream* tls,
                   const Approach& approach);

  wire::ClientStream& begin_exchange(wire::ClientHandler& handler) override {
    begin(handler);
    return *this;
  }
  void close_idle() override { close(); }

 private:
  wire::Failure explained(const wire::Failure& failure) override;
  bool end_is_doubtful() const override { return tls() != nullptr && tls()->truncated(); }
};

// One HTTP/2 connection to a target, which exchanges share; idle while none is under way. Owned by its
// target.
class SharedTargetConnection final : public wire::Http2Client, public TargetLink {
 public:
  SharedTargetConnection(Target& target, std::unique_ptr<net::ByteStream> stream, net::TlsStream* tls,
                         const Approach& approach);

  wire::ClientStream& begin_exchange(wire::ClientHandler& handler) override { return begin(handler); }
  void close_idle() override { close(); }

 private:
  wire::Failure explained(const wire::Failure& failure) override;
  wire::Failure unfit() override;
};

}  // namespace weir::proxy
