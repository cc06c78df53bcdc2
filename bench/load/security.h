#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "bench/load/plan.h"
#include "lb/net/tls_stream.h"

namespace weir::bench {

inline constexpr std::string_view kHttp2Alpn = "h2";

// How the connections of one thread speak TLS. `plan` outlives it. Certificates are not verified: it is the
// server's speed that is asked for.
class Security {
 public:
  // What the plan's threads share. The error is a line.
  static std::expected<std::shared_ptr<const net::TlsClientContext>, std::string> make_context(bool http2);

  // Of a plan with TLS.
  Security(const LoadPlan& plan, net::Loop& loop);

  // `below` may still be connecting. A handshake is a full one, unless the plan says that sessions resume.
  std::unique_ptr<net::TlsStream> secure(std::unique_ptr<net::ByteStream> below);

 private:
  static constexpr std::size_t kServers = 1;

  const LoadPlan& plan_;
  std::unique_ptr<net::TlsScratch> scratch_;
  std::unique_ptr<net::TlsClientSessions> sessions_;
  net::TlsDestination destination_;
};

}  // namespace weir::bench
