#pragma once

#include <cstdint>
#include <string>

#include "lb/base/clock.h"

namespace weir::bench {

// A progress bar on standard error, if that is a terminal; else nothing.
class Progress {
 public:
  explicit Progress(bool wanted);
  ~Progress();  // removes it
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `part` of the run, from 0 to 1; `answered` since it began.
  void show(double part, std::uint64_t answered);

 private:
  const bool shown_;
  base::Instant last_{};
  std::uint64_t answered_ = 0;
};

// "[#####     ]  50 %  1234 requests/s"
std::string progress_line(double part, double rate);

}  // namespace weir::bench
