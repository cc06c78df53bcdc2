#include "bench/load/progress.h"

#include <fmt/format.h>
#include <unistd.h>

namespace weir::bench {

std::string progress_line(double part, double rate) {
  constexpr std::size_t kWidth = 40;
  const auto full = static_cast<std::size_t>(part * static_cast<double>(kWidth));
  return fmt::format("[{:<{}}] {:3.0f} %  {:.0f} requests/s", std::string(full, '#'), kWidth, 100 * part,
                     rate);
}

Progress::Progress(bool wanted) : shown_(wanted && ::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
}

void Progress::show(double part, std::uint64_t answered) {
  if (!shown_) return;
  const base::Instant now = base::SystemClock().now();
  const std::chrono::duration<double> passed = now - last_;
  const double rate = static_cast<double>(answered - answered_) / passed.count();
  fmt::print(stderr, "\r\x1b[K{}", progress_line(part, last_ == base::Instant{} ? 0 : rate));
  last_ = now;
  answered_ = answered;
}

}  // namespace weir::bench
