#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "lb/http/head.h"
#include "lb/model/target_group.h"
#include "lb/sticky/seal.h"
#include "lb/sticky/set_cookie.h"

// What a request's cookies say of the client's session.
namespace weir::sticky {

// The clocks of a fleet's nodes are no further apart.
inline constexpr std::chrono::seconds kSkew{60};

struct Reading {
  enum class Standing : std::uint8_t {
    none,     // weir's cookie is not there
    invalid,  // it does not open, or was issued in the future
    expired,  // it is older than the ttl
    valid,
  };
  Standing standing = Standing::none;
  Ticket ticket = {};       // of a valid or expired one; its views as Sealer::open says
  bool app_cookie = false;  // the application's cookie is there too
};

// By its age alone. `now` and `issued` are seconds since 1970.
Reading::Standing standing(std::int64_t issued, std::int64_t now, std::chrono::seconds ttl);

// Of several cookies of the name the first that opens counts; of more than kMostTries the others do not. The
// twin is asked after the cookie itself, and has the same value.
inline constexpr int kMostTries = 8;
Reading read_cookies(Sealer& sealer, const model::Stickiness& settings, const SetCookie& names,
                     std::string_view scope, const http::FieldList& request, std::int64_t now);

}  // namespace weir::sticky
