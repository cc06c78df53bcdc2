#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/http/head.h"

// One exchange as the access log tells it: the fields of ALB's log under readable names.
namespace weir::observe {

// A duration that the exchange never came to; written as -1.
inline constexpr base::Duration kNotReached{-1};

// Views of whoever logs: they need to live for the call only.
struct AccessRecord {
  base::WallTime time;             // when the exchange ended
  std::string_view type = "http";  // http, https, h2, ws, wss, grpcs
  std::string_view listener;
  std::string_view client;        // the address without its port; of a unix socket: "unix"
  std::uint16_t client_port = 0;  // 0: not known, as of a client that a trusted proxy speaks for
  std::string_view target_group;
  std::string_view target;  // the address of the last attempt's target
  std::string_view target_id;
  std::string_view zone;  // of the target
  std::string_view rule;
  std::optional<std::size_t> rule_number;  // from 1 in the order of the listener; 0: the default action
  std::string_view action;  // ALB's word: forward, redirect, fixed-response; empty: none was come to
  std::string_view redirect_url;
  std::string_view method;
  std::string_view scheme = "http";
  std::string_view authority;       // Host as the client sent it; empty if it sent none
  std::uint16_t port = 0;           // of the listener: written where the authority names none
  std::string_view request_target;  // "/path?query", "*", or what could be read of a bad request
  std::string_view protocol;        // HTTP/1.1
  unsigned status = 0;              // what the client was sent; 460: it went away before
  unsigned target_status = 0;       // 0: no target answered
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::string_view user_agent;
  std::string_view request_id;
  std::string_view trace_id;
  base::Duration queue = kNotReached;  // waited for a target with a free slot; failed attempts are not in it
  base::Duration connect = kNotReached;     // until the target's connection was there; 0 for a reused one
  base::Duration request = kNotReached;     // from its first byte until the target had all of it, or answered
  base::Duration first_byte = kNotReached;  // from the request wholly sent to the response head
  base::Duration total = kNotReached;       // from the request's first byte to the response's last
  std::uint32_t attempts = 0;
  bool target_connection_reused = false;
  std::string_view reason;                   // why weir answered itself or cut the exchange; else empty
  std::string_view classification;           // of a message that is not wholly as it should be
  std::string_view classification_reason;    // ALB's word for it
  const http::FieldList* headers = nullptr;  // of the request; null: none
};

}  // namespace weir::observe
