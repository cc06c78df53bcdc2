#pragma once

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "lb/admin/live_rates.h"
#include "lb/admin/top_view.h"

// In which order `weir top` shows the rows of its tables. Pure.
namespace weir::admin {

// Of a second.
double errors(const ListenerRates& one);
double errors(const GroupRates& one);
double errors(const TargetRates& one);
inline double errors(const RuleRates&) { return 0; }

// The lower, the more somebody should look at it.
int rank(const ListenerRates& one);
int rank(const GroupRates& one);
int rank(const TargetRates& one);
inline int rank(const RuleRates&) { return 0; }

// What no other row of its table has.
std::string order_name(const ListenerRates& one);
std::string order_name(const GroupRates& one);
std::string order_name(const TargetRates& one);
std::string order_name(const RuleRates& one);

double latency(const auto& one) {
  if constexpr (requires { one.latencies; }) return one.latencies.p99.value_or(Latency{}).seconds;
  return 0;
}

// Those of equal rank are in the order of errors and names, so that rows do not jump every second.
template <class Value>
std::vector<const Value*> sorted(const std::vector<Value>& values, TopSort sort) {
  std::vector<const Value*> result;
  for (const Value& value : values) result.push_back(&value);
  const auto key = [sort](const Value* one) {
    switch (sort) {
      case TopSort::trouble: return std::tuple(rank(*one), -errors(*one), order_name(*one));
      case TopSort::requests: return std::tuple(0, -one->requests, order_name(*one));
      case TopSort::latency: return std::tuple(0, -latency(*one), order_name(*one));
      case TopSort::name: break;
    }
    return std::tuple(0, 0.0, order_name(*one));
  };
  std::ranges::stable_sort(result, {}, key);
  return result;
}

}  // namespace weir::admin
