#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "lb/base/address.h"
#include "lb/health/probe_result.h"
#include "lb/model/health_check.h"
#include "lb/net/byte_stream.h"
#include "lb/net/proxy_header.h"
#include "lb/net/tls_client_context.h"
#include "lb/net/tls_scratch.h"
#include "lb/wire/http1_client.h"
#include "lb/wire/http2_client.h"

namespace weir::probe {

// What all probes of a prober share. Outlives them, and their connections, which end with the loop's turn.
struct ProbeContext {
  explicit ProbeContext(wire::Context& its_wire) : loop(its_wire.loop), wire(its_wire), tls(its_wire.loop) {}

  net::Loop& loop;
  wire::Context& wire;
  net::TlsScratch tls;
  wire::Http1Client::Actives actives;
  wire::Http2Client::Shared http2;
  wire::ClientPolicy policy;  // no times: a probe has one of its own for all of it
  wire::Http2Policy http2_policy{
      .streams = 1, .largest_window = 64 * 1024, .connection_window = 64 * 1024, .ping = {}};
};

// The one that a probe reports to, once.
class ProbeOwner {
 public:
  // Never from inside the probe's constructor. The owner destroys the probe, not before the turn ends.
  virtual void on_result(const health::ProbeResult& result) = 0;

 protected:
  ~ProbeOwner() = default;
};

// One run of a check: it begins when it is made, and is dropped silently when it is destroyed before its
// result. One kind for each protocol of the check. On the loop's thread.
class Probe {
 public:
  Probe() = default;
  virtual ~Probe() = default;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
};

// How connections to a target begin, as its group has it.
struct Outset {
  std::shared_ptr<const net::TlsClientContext> tls =
      {};                                       // for checks by https, and for all by grpc if it is there
  std::optional<std::string> server_name = {};  // absent: the name of the check's Host
  std::optional<net::ProxyVersion> proxy = {};  // a header that says that it is weir's own; absent: none
  bool http2 = false;                           // checks by http and https speak it
};

// What it takes to make one.
struct ProbeOrder {
  ProbeContext& context;
  const base::SocketAddress& address;  // with the check's port
  std::shared_ptr<const model::HealthCheck> check;
  const Outset& outset;
  std::expected<std::unique_ptr<net::ByteStream>, int> stream;  // to that address; or an errno
  ProbeOwner& owner;
};

}  // namespace weir::probe
