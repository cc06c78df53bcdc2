#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lb/base/address.h"
#include "lb/model/listener.h"
#include "lb/observe/totals.h"

// What status and the live view tell of a listener beside its counters. Plain values.
namespace weir::admin {

struct BoundListener {
  std::string name;
  std::vector<base::SocketAddress> binds;  // as they were really bound: port 0 has become a number
  model::Protocol protocol = model::Protocol::http;
  bool http2 = false;  // clients may speak it
  bool proxy_protocol = false;
  std::optional<model::ClientAuth::Mode> client_auth = {};  // absent: off
};

// Without its addresses.
BoundListener bound_listener(const model::Listener& listener);
std::string_view word(model::Protocol protocol);
std::string_view word(model::ClientAuth::Mode mode);

// A certificate that a listener serves.
struct ServedCertificate {
  static constexpr std::size_t kMostNames = 16;

  std::string listener;
  std::string subject;             // or what tells it from others, if it has none
  std::vector<std::string> names;  // that clients may ask for: the first of them
  std::chrono::sys_seconds not_after{};
};

// Of each listener the one that expires first.
std::vector<ServedCertificate> first_to_expire(std::span<const ServedCertificate> certificates);

// TLS handshakes with clients since the start. One is failed if no session came of it, for whatever reason.
struct Handshakes {
  std::uint64_t full = 0;
  std::uint64_t resumed = 0;
  std::uint64_t failed = 0;
};
Handshakes handshakes(const observe::ListenerTotal& total);

}  // namespace weir::admin
