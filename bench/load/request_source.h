#pragma once

#include <vector>

#include "bench/load/cookie_jar.h"
#include "bench/load/plan.h"
#include "lb/base/random.h"
#include "lb/http/head.h"

namespace weir::bench {

// The requests of a plan, prepared. One for each thread; `plan` outlives it.
class RequestSource {
 public:
  RequestSource(const LoadPlan& plan, base::Random random);

  // The next head to send, of a URL drawn by the weights. Valid until the next call.
  const http::OutgoingRequest& next(const CookieJar& cookies);
  std::string web_socket_key();

 private:
  std::size_t draw();

  std::vector<http::OutgoingRequest> heads_;  // of each URL
  std::vector<std::uint64_t> weights_;        // of each and all before it
  http::OutgoingRequest with_cookies_;
  base::Random random_;
};

// What a request with this method is: case matters.
http::Method method_of(std::string_view name);

}  // namespace weir::bench
