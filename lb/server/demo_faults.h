#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/base/clock.h"
#include "lb/http/head.h"

namespace weir::server {

// Which zones of the demo are broken, and the pages that break and mend them. Pure.
class DemoFaults {
 public:
  // How long a zone is broken, if nobody mends it.
  static constexpr base::Duration kTime = std::chrono::seconds(60);

  struct Page {
    std::uint16_t status = 200;
    std::string html;
  };

  explicit DemoFaults(const std::vector<std::string>& zones);

  // Where the pages send those who want to watch; empty, as it is first: nowhere.
  void point_to(std::string dashboard) { dashboard_ = std::move(dashboard); }

  bool is_broken(std::string_view zone, base::Instant now) const;

  // /break/ZONE and /heal/ZONE, asked for by GET, as a browser can, or POST, do what they say. Absent: the
  // target is another one.
  std::optional<Page> act(http::Method method, std::string_view target, base::Instant now);

 private:
  Page page(std::string_view title, std::string_view text, std::string_view link) const;

  std::map<std::string, base::Instant, std::less<>> broken_until_;  // of each zone
  std::string dashboard_;
};

}  // namespace weir::server
