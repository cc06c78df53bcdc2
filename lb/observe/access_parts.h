#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What many lines of the access log have in common. Whoever a part is about makes it once and keeps it, with
// its members of a line of JSON, each behind a comma: formatting them again and again was most of what a line
// cost. Their texts are short: names, addresses and ids of the configuration. Immutable; any thread.
namespace weir::observe {

// A connection of a client. Views of its owner's texts.
struct AccessClient {
  AccessClient() : AccessClient("http", {}, {}, 0) {}
  AccessClient(std::string_view type, std::string_view listener, std::string_view address,
               std::uint16_t port);

  const std::string_view type;  // http, https, h2, ws, wss, grpcs
  const std::string_view listener;
  const std::string_view address;  // without its port; of a unix socket: "unix"
  const std::uint16_t port;        // 0: not known, as of a client that a trusted proxy speaks for
  const std::string json;
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

// Of an exchange that came to none.
const AccessClient& no_access_client();
const AccessTarget& no_access_target();
const AccessRoute& no_access_route();

}  // namespace weir::observe
