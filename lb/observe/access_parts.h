#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// What many lines of the access log have in common. Whoever a part is about makes it once and keeps it, with
// its members of a line of JSON, each behind a comma: formatting them again and again was most of what a line
// cost. Their texts are short: names, addresses and ids of the configuration. Immutable; any thread.
namespace weir::observe {

// The TLS of a connection, as far as it is known; an empty text: not, or there is none.
struct AccessTls {
  std::string_view version = {};      // TLSv1.3
  std::string_view cipher = {};       // TLS_AES_256_GCM_SHA384
  std::string_view server_name = {};  // that the client asked for (SNI)
  bool operator==(const AccessTls&) const = default;
};

// What is known of a connection before it speaks HTTP: its TLS, and what a PROXY header says of the one
// between the client and the proxy in front.
struct AccessIntroduction {
  AccessTls tls = {};
  std::string_view proxied_alpn = {};
  AccessTls proxied_tls = {};
  bool operator==(const AccessIntroduction&) const = default;
};

// A connection of a client. Views of its owner's texts.
struct AccessClient {
  AccessClient() : AccessClient("http", {}, {}, 0) {}
  AccessClient(std::string_view type, std::string_view listener, std::string_view address, std::uint16_t port,
               const AccessIntroduction& introduction = {});

  const AccessIntroduction& introduction() const;

  const std::string_view type;  // see access_type
  const std::string_view listener;
  const std::string_view address;  // without its port; of a unix socket: "unix"
  const std::uint16_t port;        // 0: not known, as of a client that a trusted proxy speaks for
  const std::string json;

 private:
  const std::unique_ptr<const AccessIntroduction> introduction_;  // null: nothing is known, as in the clear
};

// A target; or, with only the name of a group, that none of its targets was come to.
struct AccessTarget {
  explicit AccessTarget(std::string_view group = {}, std::string_view address = {}, std::string_view id = {},
                        std::string_view zone = {});

  const std::string group;
  const std::string address;
  const std::string id;
  const std::string zone;
  const std::string json;
};

// What an exchange was routed by.
struct AccessRoute {
  AccessRoute() : AccessRoute({}, {}, {}) {}
  // `action` is a literal.
  AccessRoute(std::string_view rule, std::optional<std::size_t> number, std::string_view action);

  const std::string rule;
  const std::optional<std::size_t> number;  // from 1 in the order of the listener; 0: the default action
  const std::string_view action;            // ALB's word: forward, redirect, fixed-response; empty: none
  const std::string json;
};

// What goes over a connection.
struct AccessTraffic {
  bool tls = false;
  bool http2 = false;
  bool tunnel = false;
  bool grpc = false;
};

// ALB's word for it: http, https, h2, grpcs, ws or wss. It has one for HTTP/2 and gRPC over TLS only.
std::string_view access_type(const AccessTraffic& traffic);

// Of an exchange that came to none.
const AccessClient& no_access_client();
const AccessTarget& no_access_target();
const AccessRoute& no_access_route();

}  // namespace weir::observe
