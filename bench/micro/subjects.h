#pragma once

#include <cstdint>
#include <string>
#include <utility>

// What `weir-bench micro` measures, one function for each subject, in a file of its own. Each registers
// benchmarks with Google Benchmark, named SUBJECT/PART/CASE; the last part is a number where the cost may
// grow with it. A new subject is a new file, a line here and one in add_subjects().
namespace weir::bench::micro {

void add_subjects();

void add_parse();    // heads out of bytes
void add_forward();  // what a proxy changes in heads
void add_write();    // heads into bytes
void add_route();    // a rule out of many
void add_pick();     // a target out of many
void add_count();    // counters and histograms
void add_time();     // deadlines and dates
void add_stick();    // cookies of sessions
void add_scrape();   // all metrics as text

// As many rules, targets or connections there may be.
inline constexpr std::int64_t kSizes[] = {10, 1'000, 10'000, 100'000};

}  // namespace weir::bench::micro
