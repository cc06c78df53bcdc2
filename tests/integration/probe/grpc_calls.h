#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>

#include "lb/http/grpc_health.h"
#include "tests/integration/probe/probes.h"
#include "tests/support/http2_peer.h"

// Checks by grpc, and a server of gRPC that a test plays frame by frame.
namespace weir::test {

using http::H2Error;
using http::H2FrameType;
using model::HealthCheck;

inline HealthCheck grpc(std::string path = {}) {
  HealthCheck check;
  check.protocol = HealthCheck::Protocol::grpc;
  check.path = std::move(path);
  return check;
}

inline const std::string kAlbPath = "/AWS.ALB/healthcheck";

// HealthCheckResponse in its frame of gRPC.
inline std::string health_response(http::GrpcServing serving) {
  return std::string("\0\0\0\0\x02\x08", 6) + static_cast<char>(serving);
}

inline const Http2Fields kGrpcHead{{":status", "200"}, {"content-type", "application/grpc"}};
inline const Http2Fields kGrpcOk{{"grpc-status", "0"}};

class GrpcCall {
 public:
  explicit GrpcCall(const HealthCheck& check = grpc(), probe::Outset outset = {}) {
    probes.add(1, target.address(), check, std::move(outset));
    auto below = target.accept();
    REQUIRE(below);
    peer = std::make_unique<Http2Peer>(std::move(below));
  }
  // The preface and the call have come, and the settings are exchanged.
  void take() {
    REQUIRE(peer->bytes().read_bytes(http::kH2Preface.size()) == http::kH2Preface);
    peer->settings();
    head = peer->next(H2FrameType::headers, 1);
    content = peer->content(1);
  }
  // Behind the verdict: the target is told, and closes.
  ProbeResult end() {
    CHECK(peer->next(H2FrameType::goaway).error() == H2Error::no_error);
    peer->bytes().close();
    return probes.result();
  }

  Probes probes;
  Target target = probes.target();
  std::unique_ptr<Http2Peer> peer;
  Http2Frame head;
  std::string content;
};

}  // namespace weir::test
