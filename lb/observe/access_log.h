#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lb/base/clock.h"
#include "lb/observe/access_output.h"
#include "lb/observe/access_record.h"

// The access log. Each worker formats its lines into a buffer of its own and hands it over when it is
// full or a timer says so; one thread writes the buffers. A worker never waits for the output: what comes
// while the queue is full is dropped and counted.
namespace weir::observe {

class AccessLogWriter {
 public:
  struct Options {
    std::string output = "stdout";      // off, stdout, stderr, or a file, which is appended to
    std::size_t queue_bytes = 8 << 20;  // the most that waits to be written
    base::Duration stop_grace = std::chrono::seconds(2);  // how long a stuck output is waited for at the end
  };

  // Opens the output and starts the thread. The error says what failed.
  static std::expected<std::unique_ptr<AccessLogWriter>, std::string> start(Options options);
  // Writes all that was handed over, within stop_grace. Every AccessLogBuffer must be gone.
  ~AccessLogWriter();

  AccessLogWriter(const AccessLogWriter&) = delete;
  AccessLogWriter& operator=(const AccessLogWriter&) = delete;

  // Any thread. Takes `count` whole lines; returns an empty string to go on with.
  std::string hand_over(std::string lines, std::size_t count);
  // Any thread. What was handed over before still goes to the old file.
  void reopen();
  // Any thread. To another output from now on; the error says why that cannot be opened. Blocks.
  std::expected<void, std::string> redirect(const std::string& output);
  // Any thread. Lines that were not written: the queue was full, or the output failed.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  struct Item {
    std::string lines;  // none: reopen the output, or take another
    std::size_t count = 0;
    std::optional<AccessOutput> output = {};
  };

  AccessLogWriter(Options options, AccessOutput output);
  void run();
  bool take(Item& item);
  void write(Item& item);
  void reopen_now();
  void give_back(Item item);
  void report_failure();
  void report_drops();
  bool out_of_time() const;

  const Options options_;
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<base::Instant> stop_by_{base::kNever};

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<Item> queue_;
  std::size_t queued_bytes_ = 0;    // the item that is being written included
  std::vector<std::string> spare_;  // emptied buffers
  bool stopping_ = false;

  AccessOutput output_;  // from here on the thread's own
  bool failing_ = false;
  std::uint64_t reported_drops_ = 0;
  base::Instant next_report_;
  std::thread thread_;
};

// One worker's end of the log. Not thread-safe.
class AccessLogBuffer {
 public:
  static constexpr std::size_t kFull = 64 * 1024;

  // `writer` is null where the log is off. It outlives the buffer.
  explicit AccessLogBuffer(AccessLogWriter* writer) : writer_(writer), on_(writer != nullptr) {}
  ~AccessLogBuffer() { flush(); }

  AccessLogBuffer(const AccessLogBuffer&) = delete;
  AccessLogBuffer& operator=(const AccessLogBuffer&) = delete;

  bool enabled() const { return on_; }
  // Off: nothing is written, though there is a writer.
  void set_on(bool on) { on_ = on && writer_ != nullptr; }
  void write(const AccessRecord& record);
  // To be called every 100 to 200 ms. Costs nothing if nothing was written.
  void flush();

 private:
  AccessLogWriter* const writer_;
  bool on_;
  AccessFormatter formatter_;
  std::string lines_;
  std::size_t count_ = 0;
};

}  // namespace weir::observe
