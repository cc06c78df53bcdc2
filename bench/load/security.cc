#include "bench/load/security.h"

#include <utility>

#include "lb/wire/server_name.h"

namespace weir::bench {

std::expected<std::shared_ptr<const net::TlsClientContext>, std::string> Security::make_context(bool http2) {
  auto made = net::TlsClientContext::make({.alpn = {std::string(http2 ? kHttp2Alpn : "http/1.1")}});
  if (!made) return std::unexpected(made.error().text);
  return *std::move(made);
}

Security::Security(const LoadPlan& plan, net::Loop& loop)
    : plan_(plan),
      scratch_(std::make_unique<net::TlsScratch>(loop)),
      sessions_(std::make_unique<net::TlsClientSessions>(kServers)) {
  destination_.server_name =
      wire::server_name_for(std::nullopt, plan.urls.front().url.authority, plan.address);
  if (plan.resume) destination_.sessions = sessions_.get();
}

std::unique_ptr<net::TlsStream> Security::secure(std::unique_ptr<net::ByteStream> below) {
  return net::TlsStream::connect(*scratch_, std::move(below), *plan_.tls, destination_);
}

}  // namespace weir::bench
