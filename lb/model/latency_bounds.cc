#include "lb/model/latency_bounds.h"

namespace weir::model {

LatencyBounds usual_latency_bounds() {
  using namespace std::chrono_literals;
  return {100us, 250us, 500us, 1ms,    2500us, 5ms,    10ms, 25ms, 50ms,
          100ms, 250ms, 500ms, 1000ms, 2500ms, 5000ms, 10s,  30s,  60s};
}

}  // namespace weir::model
