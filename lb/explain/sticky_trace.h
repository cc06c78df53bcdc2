#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/explain/group_trace.h"
#include "lb/http/head.h"
#include "lb/sticky/keys.h"

namespace weir::explain {

// What a cookie of weir's in the request says, and what follows.
struct StickyTrace {
  std::string kind;                              // target_group, or rule for a rule that forwards to several
  std::string cookie;                            // its name
  std::string scope;                             // what it is good for
  std::string outcome;                           // kept, new, moved, expired, invalid; unknown: no keys
  std::string reason = {};                       // why it is not kept; empty: it is, or there is none
  std::optional<std::chrono::seconds> age = {};  // of one that opens
  std::chrono::seconds ttl{0};
  std::string target_group = {};  // that it names
  std::string target = {};
  std::string zone = {};
};

// What there is to open cookies with, and when.
struct CookieReader {
  std::shared_ptr<const sticky::Keys> keys;  // null: see `keys_error`
  std::string keys_error;
  const http::FieldList& request;
  std::int64_t now = 0;  // seconds since 1970
};

// Of a group with stickiness. `known` says how the target stands that the cookie names.
StickyTrace trace_group_cookie(const CookieReader& reader, const model::TargetGroup& group,
                               const KnownGroup& known, const GroupTrace& trace);

// Of a rule ("default": the default action) that keeps a client at one of its groups.
StickyTrace trace_rule_cookie(const CookieReader& reader, const std::string& listener,
                              const std::string& rule, const model::ForwardAction& action);

}  // namespace weir::explain
