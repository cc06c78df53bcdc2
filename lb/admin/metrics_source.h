#pragma once

#include <utility>

#include "lb/admin/message.h"
#include "lb/observe/metrics.h"

namespace weir::admin {

// The answer to a scrape, as fast as the scraper takes it: between two pieces the control thread does what
// else there is. `registry` outlives it.
class MetricsSource final : public Source {
 public:
  MetricsSource(const observe::Registry& registry, observe::MetricsFacts facts)
      : scrape_(registry, std::move(facts)) {}

  std::optional<std::string> next(base::Instant) override { return scrape_.next(kPiece); }
  base::Instant due() const override { return {}; }  // at once
  bool ends() const override { return true; }

 private:
  static constexpr std::size_t kPiece = 64 * 1024;

  observe::Scrape scrape_;
};

}  // namespace weir::admin
