#include "lb/observe/access_log.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "lb/base/log.h"
#include "lb/observe/syslog_message.h"

namespace weir::observe {
namespace {

constexpr std::size_t kBufferBytes = AccessLogBuffer::kFull + 8 * 1024;  // full, and room for the last line
constexpr std::size_t kMostSpare = 16;
constexpr base::Duration kReportInterval = std::chrono::seconds(10);

// A line of JSON that is cut is none: a message of syslog has room for one whose texts are no longer than
// this, as long as they need few escapes.
constexpr std::size_t kLongestSyslogText = kLongestSyslogMessage / 8;

std::size_t longest_text(const std::string& output) {
  return model::syslog_address(output).empty() ? kLongestText : kLongestSyslogText;
}

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
      output_name_(options_.output),
      current_(std::make_shared<AccessDestination>(std::move(output))),
      destinations_{current_},
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

std::expected<std::shared_ptr<const AccessSettings>, std::string> AccessLogWriter::settings(
    const model::Log& log) {
  if (log.access.output != output_name_) {
    auto opened = AccessOutput::open(log.access.output);
    if (!opened) return std::unexpected(opened.error());
    output_name_ = log.access.output;
    const std::lock_guard lock(mutex_);
    current_->wait_until = std::chrono::steady_clock::now() + options_.stop_grace;
    current_ = std::make_shared<AccessDestination>(std::move(*opened));
    destinations_.push_back(current_);
  }
  if (output_name_ == "off") return nullptr;
  return std::make_shared<const AccessSettings>(AccessSettings{log.access.format, AccessSelection(log.access),
                                                               Redaction(log.redact),
                                                               longest_text(output_name_), current_});
}

std::shared_ptr<const AccessSettings> AccessLogWriter::plain_settings() const {
  const std::lock_guard lock(mutex_);
  return std::make_shared<const AccessSettings>(AccessSettings{{}, {}, Redaction(), kLongestText, current_});
}

std::string AccessLogWriter::hand_over(std::shared_ptr<AccessDestination> destination, std::string lines,
                                       std::size_t count) {
  std::string next;
  {
    const std::lock_guard lock(mutex_);
    if (queued_bytes_ + lines.size() > options_.queue_bytes) {
      dropped_.fetch_add(count, std::memory_order_relaxed);
      lines.clear();
      return lines;
    }
    queued_bytes_ += lines.size();
    queue_.push_back({.destination = std::move(destination), .lines = std::move(lines), .count = count});
    if (!spare_.empty()) {
      next = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  wake_.notify_one();
  return next;
}

void AccessLogWriter::reopen() { push({.reopen = true}); }

void AccessLogWriter::release() { push({}); }

void AccessLogWriter::push(Item item) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(item));
  }
  wake_.notify_one();
}

void AccessLogWriter::run() {
  pthread_setname_np(pthread_self(), "weir-log");
  Item item;
  while (take(item)) {
    write(item);
    if (item.destination != nullptr) report_drops(item.destination->output);
    give_back(std::exchange(item, {}));
    close_unused();
  }
  next_report_ = {};  // what the end cost is told now or never
  report_drops(current_->output);
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

void AccessLogWriter::write(const Item& item) {
  if (item.reopen) return reopen_now();
  if (item.destination == nullptr) return;
  AccessDestination& destination = *item.destination;
  const std::size_t lost = destination.output.write(item.lines, [&] { return out_of_time(destination); });
  dropped_.fetch_add(lost, std::memory_order_relaxed);
  report_failure(destination);
}

void AccessLogWriter::reopen_now() {
  std::vector<std::shared_ptr<AccessDestination>> destinations;
  {
    const std::lock_guard lock(mutex_);
    destinations = destinations_;
  }
  for (const auto& destination : destinations) {
    AccessOutput& output = destination->output;
    dropped_.fetch_add(output.reopen(), std::memory_order_relaxed);
    if (output.error() == 0) continue;
    base::log::error("access log: cannot reopen {}: {}; going on with the old file", output.name(),
                     std::strerror(output.error()));
  }
}

// Once no worker and no line refers to it.
void AccessLogWriter::close_unused() {
  std::vector<std::shared_ptr<AccessDestination>> unused;
  const std::lock_guard lock(mutex_);
  for (auto& destination : destinations_) {
    if (destination != current_ && destination.use_count() == 1) unused.push_back(std::move(destination));
  }
  std::erase(destinations_, nullptr);
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
void AccessLogWriter::report_failure(AccessDestination& destination) {
  const AccessOutput& output = destination.output;
  const bool failed = output.error() != 0;
  if (failed == destination.failing) return;
  destination.failing = failed;
  if (failed) {
    base::log::error("access log: cannot write to {}: {}; lines are dropped until it works again",
                     output.name(), std::strerror(output.error()));
  } else {
    base::log::info("access log: writing to {} again", output.name());
  }
}

// `output` is the one that was written to last: the first since the last report is to blame.
void AccessLogWriter::report_drops(const AccessOutput& output) {
  const std::uint64_t now_dropped = dropped();
  if (now_dropped == reported_drops_) return;
  if (slow_output_.empty()) slow_output_ = output.name();
  const base::Instant now = std::chrono::steady_clock::now();
  if (now < next_report_) return;
  next_report_ = now + kReportInterval;
  base::log::warn("access log: {} lines were dropped: {} is slower than the traffic, or fails",
                  now_dropped - reported_drops_, slow_output_);
  reported_drops_ = now_dropped;
  slow_output_.clear();
}

bool AccessLogWriter::out_of_time(const AccessDestination& destination) const {
  const base::Instant until = std::min(destination.wait_until.load(std::memory_order_relaxed),
                                       stop_by_.load(std::memory_order_relaxed));
  return std::chrono::steady_clock::now() >= until;
}

void AccessLogBuffer::use(std::shared_ptr<const AccessSettings> settings) {
  flush();
  settings_ = std::move(settings);
  if (writer_ != nullptr) writer_->release();
}

void AccessLogBuffer::write(AccessRecord& record) {
  if (settings_ == nullptr) return;
  if (lines_.capacity() < kFull) lines_.reserve(kBufferBytes);
  settings_->redaction.apply(record, redacted_);
  formatter_.append(lines_, record, settings_->format, settings_->redaction, settings_->longest_text);
  ++count_;
  if (lines_.size() >= kFull) flush();
}

void AccessLogBuffer::flush() {
  if (count_ == 0) return;
  lines_ = writer_->hand_over(settings_->destination, std::move(lines_), std::exchange(count_, 0));
}

}  // namespace weir::observe
