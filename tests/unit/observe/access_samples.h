#pragma once

#include <deque>

#include "lb/observe/access_record.h"

// Records for tests of the access log's formats.

// A part for a record, which stays to the end.
template <class Part, class... Arguments>
const Part* access_part(Arguments... arguments) {
  static std::deque<Part> parts;
  return &parts.emplace_back(arguments...);
}

inline weir::observe::AccessRecord complete_record() {
  using namespace std::chrono_literals;
  using weir::observe::AccessClient;
  using weir::observe::AccessRecord;
  using weir::observe::AccessRoute;
  using weir::observe::AccessTarget;
  AccessRecord record;
  record.time = weir::base::WallTime(1'700'000'000'123'999'999ns);
  static const AccessClient client("http", "web", "2001:db8::1", std::uint16_t{51000});
  record.client = &client;
  static const AccessTarget target("app", "10.0.1.10:8080", "app-1", "az-1");
  record.target = &target;
  static const AccessRoute route("default", 0, "forward");
  record.route = &route;
  record.method = "GET";
  record.authority = "example.com";
  record.port = "8080";
  record.request_target = "/a?b=c";
  record.protocol = "HTTP/1.1";
  record.status = 200;
  record.target_status = 200;
  record.received_bytes = 120;
  record.sent_bytes = 18446744073709551615U;
  record.user_agent = "curl/8";
  record.request_id = "1-2";
  record.trace_id = "00-ab-cd-01";
  record.queue = 0ns;
  record.connect = 1us;
  record.first_byte = 12'345'678ns;
  record.total = 3601s;
  record.attempts = 2;
  record.target_connection_reused = true;
  return record;
}

inline constexpr std::string_view kHostile = "\"}\n{\" - \r\xff\x01\\";

// A client over TLS, by a proxy that speaks of another TLS in front of it.
inline weir::observe::AccessRecord tls_record() {
  using weir::observe::AccessClient;
  weir::observe::AccessRecord record = complete_record();
  static const AccessClient client(
      "h2", "web", "192.0.2.7", std::uint16_t{51000},
      {.tls = {.version = "TLSv1.3", .cipher = "TLS_AES_128_GCM_SHA256", .server_name = "example.com"},
       .proxied_alpn = "http/1.1",
       .proxied_tls = {
           .version = "TLSv1.2", .cipher = "ECDHE-RSA-AES128-GCM-SHA256", .server_name = "front.test"}});
  record.client = &client;
  record.secure = true;
  record.port = "443";
  record.protocol = "HTTP/2.0";
  return record;
}

// Hostile bytes in every text that comes from outside.
inline weir::observe::AccessRecord hostile_record() {
  using weir::observe::AccessClient;
  using weir::observe::AccessRecord;
  using weir::observe::AccessRoute;
  using weir::observe::AccessTarget;
  AccessRecord record = complete_record();
  static constexpr weir::observe::AccessTls kTls{
      .version = kHostile, .cipher = kHostile, .server_name = kHostile};
  static const AccessClient client(kHostile, kHostile, kHostile, std::uint16_t{51000},
                                   {.tls = kTls, .proxied_alpn = kHostile, .proxied_tls = kTls});
  record.client = &client;
  static const AccessTarget target(kHostile, kHostile, kHostile, kHostile);
  record.target = &target;
  static const AccessRoute route(kHostile, 0, kHostile);
  record.route = &route;
  for (std::string_view* field :
       {&record.method, &record.authority, &record.request_target, &record.protocol, &record.user_agent,
        &record.request_id, &record.trace_id, &record.reason, &record.classification,
        &record.classification_reason, &record.redirect_url}) {
    *field = kHostile;
  }
  return record;
}
