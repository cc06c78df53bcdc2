#pragma once

#include <optional>
#include <string>

#include "lb/admin/live_rates.h"

// Numbers of `weir top`, in few characters.
namespace weir::admin {

// "0", "0.2", "7.3", "1234", "12.3k", "1.2M"
std::string short_rate(double of_a_second);
// "0.4ms", "12ms", "1.2s", ">10s"; "-" if there is none
std::string short_latency(const std::optional<Latency>& latency);
// "7", "1.2K", "34M": bytes, by 1024
std::string short_size(double bytes);
// The larger unit alone: "12s", "3m", "2h", "4d"
std::string short_age(double seconds);

}  // namespace weir::admin
