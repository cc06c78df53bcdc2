#include "lb/admin/top_order.h"

namespace weir::admin {

double errors(const ListenerRates& one) { return one.own_errors + one.target_errors; }
double errors(const GroupRates& one) { return one.responses_5xx + one.connection_errors; }
double errors(const TargetRates& one) { return one.responses_5xx + one.connection_errors; }

int rank(const ListenerRates& one) { return errors(one) > 0 ? 0 : 1; }

int rank(const GroupRates& one) {
  const LiveGroup& group = one.now;
  if (!group.in_use) return 5;
  if (!group.can_serve) return 0;
  if (group.fail_open) return 1;
  if (group.healthy < group.counted) return 2;
  if (errors(one) > 0) return 3;
  return 4;
}

int rank(const TargetRates& one) {
  const std::string& state = one.now.state;
  if (state == "unhealthy") return 0;
  if (state == "ejected") return 1;
  if (errors(one) > 0) return 2;
  if (state == "draining") return 3;
  if (state == "initial") return 4;
  if (one.now.zone_shifted) return 5;
  return state == "healthy" ? 6 : 7;
}

std::string order_name(const ListenerRates& one) { return one.name; }
std::string order_name(const GroupRates& one) { return one.now.name; }
std::string order_name(const TargetRates& one) { return one.target_group + "\n" + one.now.id; }
std::string order_name(const RuleRates& one) { return one.listener + "\n" + one.rule; }

}  // namespace weir::admin
