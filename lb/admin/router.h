#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lb/admin/gate.h"
#include "lb/admin/message.h"
#include "lb/admin/state.h"

// Which endpoint a request means. Pure.
namespace weir::admin {

struct RoutedRequest {
  const Request& request;
  const State& state;
  base::WallTime now;
  std::vector<std::string> captures;  // the segments of the path under {}, decoded, in order
};

struct Route {
  http::Method method;
  std::string_view pattern;  // "/api/v1/groups/{}/targets": {} stands for any segment that is not empty
  Access access;
  Response (*answer)(const RoutedRequest&);
};

struct RouteMatch {
  const Route* route = nullptr;  // null: the path is unknown, or known for other methods only
  Access access = Access::read;  // what the path asks for, whatever the method
  std::string allow;             // the methods of this path; empty: there is no such path
  std::vector<std::string> captures;
  bool well_encoded = true;  // false: a captured segment has a bad '%' or a control character
};

// HEAD finds the route of GET.
RouteMatch match(std::span<const std::span<const Route>> families, http::Method method,
                 std::string_view path);

}  // namespace weir::admin
