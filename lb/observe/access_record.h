#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/http/head.h"
#include "lb/http/trace_ids.h"
#include "lb/observe/access_parts.h"

// One exchange as the access log tells it: the fields of ALB's log under readable names.
namespace weir::observe {

// A duration that the exchange never came to; written as -1.
inline constexpr base::Duration kNotReached{-1};

// Views of whoever logs: they need to live for the call only.
struct AccessRecord {
  std::string_view scheme() const { return secure ? "https" : "http"; }

  base::WallTime time;  // when the exchange ended
  const AccessClient* client = &no_access_client();
  const AccessTarget* target = &no_access_target();  // of the last attempt
  const AccessRoute* route = &no_access_route();
  std::string_view redirect_url;
  std::string_view method;
  std::string_view authority;       // Host as the client sent it; empty if it sent none
  bool secure = false;              // https
  std::string_view port;            // of the listener: written where the authority names none; empty: none
  std::string_view request_target;  // "/path?query", "*", or what could be read of a bad request
  std::string_view protocol;        // HTTP/1.1, HTTP/2.0
  unsigned status = 0;              // what the client was sent; 460: it went away before
  unsigned target_status = 0;       // 0: no target answered
  std::optional<std::uint32_t> grpc_status = {};  // that the client was sent; absent: none was
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::string_view user_agent;
  std::string_view request_id;
  std::string_view trace_id;
  const http::TraceIds* own_ids = nullptr;  // that both are of, and need no escapes; null: others
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
