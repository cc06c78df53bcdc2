#include "lb/observe/access_log.h"

#include <pthread.h>
#include <signal.h>

#include <cstring>
#include <utility>

#include "lb/base/log.h"

namespace weir::observe {
namespace {

constexpr std::size_t kBufferBytes = AccessLogBuffer::kFull + 8 * 1024;  // full, and room for the last line
constexpr std::size_t kMostSpare = 16;
constexpr base::Duration kReportInterval = std::chrono::seconds(10);

// A thread that is born with all signals blocked: they are the main thread's, and one that blocked them
// itself could first be met by those that wait. A write to a closed pipe is then an error (EPIPE), not a
// signal.
template <class Body>
std::thread start_without_signals(Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

std::expected<std::unique_ptr<AccessLogWriter>, std::string> AccessLogWriter::start(Options options) {
  auto output = AccessOutput::open(options.output);
  if (!output) return std::unexpected(output.error());
  return std::unique_ptr<AccessLogWriter>(new AccessLogWriter(std::move(options), std::move(*output)));
}

AccessLogWriter::AccessLogWriter(Options options, AccessOutput output)
    : options_(std::move(options)),
      output_(std::move(output)),
      thread_(start_without_signals([this] { run(); })) {}

AccessLogWriter::~AccessLogWriter() {
  stop_by_.store(std::chrono::steady_clock::now() + options_.stop_grace, std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::string AccessLogWriter::hand_over(std::string lines, std::size_t count) {
  std::string next;
  {
    const std::lock_guard lock(mutex_);
    if (queued_bytes_ + lines.size() > options_.queue_bytes) {
      dropped_.fetch_add(count, std::memory_order_relaxed);
      lines.clear();
      return lines;
    }
    queued_bytes_ += lines.size();
    queue_.push_back({.lines = std::move(lines), .count = count});
    if (!spare_.empty()) {
      next = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  wake_.notify_one();
  return next;
}

void AccessLogWriter::reopen() {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({});
  }
  wake_.notify_one();
}

std::expected<void, std::string> AccessLogWriter::redirect(const std::string& output) {
  auto opened = AccessOutput::open(output);
  if (!opened) return std::unexpected(opened.error());
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({.lines = {}, .count = 0, .output = std::move(*opened)});
  }
  wake_.notify_one();
  return {};
}

void AccessLogWriter::run() {
  pthread_setname_np(pthread_self(), "weir-log");
  Item item;
  while (take(item)) {
    write(item);
    give_back(std::move(item));
    report_drops();
  }
}

// Waits for the next item. False when the log stops and nothing is left.
bool AccessLogWriter::take(Item& item) {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  if (queue_.empty()) return false;
  item = std::move(queue_.front());
  queue_.pop_front();
  return true;
}

void AccessLogWriter::write(Item& item) {
  if (item.output) {
    output_ = std::move(*item.output);
    item.output.reset();
    failing_ = false;
    return;
  }
  if (item.lines.empty()) return reopen_now();
  const std::size_t lost = output_.write(item.lines, [this] { return out_of_time(); });
  dropped_.fetch_add(lost, std::memory_order_relaxed);
  report_failure();
}

void AccessLogWriter::reopen_now() {
  dropped_.fetch_add(output_.reopen(), std::memory_order_relaxed);
  if (output_.error() == 0) return;
  base::log::error("access log: cannot reopen {}: {}; going on with the old file", output_.name(),
                   std::strerror(output_.error()));
}

void AccessLogWriter::give_back(Item item) {
  const std::lock_guard lock(mutex_);
  queued_bytes_ -= item.lines.size();
  if (item.lines.capacity() < AccessLogBuffer::kFull || item.lines.capacity() > 2 * kBufferBytes) return;
  if (spare_.size() == kMostSpare) return;
  item.lines.clear();
  spare_.push_back(std::move(item.lines));
}

// One line when the output begins to fail and one when it works again.
void AccessLogWriter::report_failure() {
  const bool failed = output_.error() != 0;
  if (failed == failing_) return;
  failing_ = failed;
  if (failed) {
    base::log::error("access log: cannot write to {}: {}; lines are dropped until it works again",
                     output_.name(), std::strerror(output_.error()));
  } else {
    base::log::info("access log: writing to {} again", output_.name());
  }
}

void AccessLogWriter::report_drops() {
  const std::uint64_t now_dropped = dropped();
  if (now_dropped == reported_drops_) return;
  const base::Instant now = std::chrono::steady_clock::now();
  if (now < next_report_) return;
  next_report_ = now + kReportInterval;
  base::log::warn("access log: {} lines were dropped: {} is slower than the traffic, or fails",
                  now_dropped - reported_drops_, output_.name());
  reported_drops_ = now_dropped;
}

bool AccessLogWriter::out_of_time() const {
  return std::chrono::steady_clock::now() >= stop_by_.load(std::memory_order_relaxed);
}

void AccessLogBuffer::write(const AccessRecord& record) {
  if (writer_ == nullptr) return;
  if (lines_.capacity() < kFull) lines_.reserve(kBufferBytes);
  formatter_.append(lines_, record);
  ++count_;
  if (lines_.size() >= kFull) flush();
}

void AccessLogBuffer::flush() {
  if (count_ == 0) return;
  lines_ = writer_->hand_over(std::move(lines_), std::exchange(count_, 0));
}

}  // namespace weir::observe
