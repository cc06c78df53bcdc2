#include <doctest/doctest.h>

#include "lb/server/service_manager.h"

using namespace weir;

TEST_CASE("the status of the service counts listeners and targets in words") {
  const auto group = [](std::uint32_t healthy, std::uint32_t counted) {
    return admin::GroupStatus{.healthy = healthy, .counted = counted};
  };
  CHECK(server::service_status(3, {group(10, 12), group(2, 2)}) ==
        "serving 3 listeners, 12 of 14 targets healthy");
  CHECK(server::service_status(1, {group(0, 1)}) == "serving 1 listener, 0 of 1 target healthy");
  CHECK(server::service_status(0, {}) == "serving 0 listeners, 0 of 0 targets healthy");
}
