#pragma once

#include <string>

// Numbers as a reader of a report wants them. Pure.
namespace weir::bench {

// Three digits that count: "0.12", "1.23", "12.3", "123", "12345".
std::string format_figure(double value);
// "834 µs", "12.3 ms", "1.02 s"
std::string format_microseconds(double microseconds);
// "500 µs", "2 ms": of the round values beside an axis.
std::string format_tick(double microseconds);

}  // namespace weir::bench
