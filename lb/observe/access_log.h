#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "lb/base/clock.h"
#include "lb/model/snapshot.h"
#include "lb/observe/access_formatter.h"
#include "lb/observe/access_output.h"
#include "lb/observe/access_record.h"
#include "lb/observe/access_selection.h"
#include "lb/observe/redaction.h"

// The access log. Each worker formats its lines into a buffer of its own and hands it over when it is
// full or a timer says so; one thread writes the buffers. A worker never waits for the output: what comes
// while the queue is full is dropped and counted.
namespace weir::observe {

// An output that lines are on their way to. The log's thread alone looks at the first two.
struct AccessDestination {
  AccessOutput output;
  bool failing = false;
  std::atomic<base::Instant> wait_until{base::kNever};  // set when another output takes its place
};

// What a worker needs to know of the log: which exchanges become lines, how, and where those go. Immutable;
// any thread.
struct AccessSettings {
  model::AccessFormat format;
  AccessSelection selection;
  Redaction redaction;
  std::size_t longest_text;  // in JSON
  std::shared_ptr<AccessDestination> destination;
};

class AccessLogWriter {
 public:
  struct Options {
    std::string output = "stdout";      // see AccessOutput
    std::size_t queue_bytes = 8 << 20;  // the most that waits to be written
    // How long a stuck output is waited for at the end: the log's, or its own when another takes its place.
    base::Duration stop_grace = std::chrono::seconds(2);
  };

  // Opens the output and starts the thread. The error says what failed.
  static std::expected<std::unique_ptr<AccessLogWriter>, std::string> start(Options options);
  // Writes all that was handed over, within stop_grace. Every AccessLogBuffer must be gone.
  ~AccessLogWriter();

  AccessLogWriter(const AccessLogWriter&) = delete;
  AccessLogWriter& operator=(const AccessLogWriter&) = delete;

  // For one thread. Goes over to the output of `log`, if that is another one. Lines that a worker makes with
  // older settings still go to the output of those; since lines to the new one stand behind them, it is
  // waited for no longer than stop_grace from now on. Null: the log is off. The error says why the output
  // cannot be opened; all stays as it was then. Blocks.
  std::expected<std::shared_ptr<const AccessSettings>, std::string> settings(const model::Log& log);
  // What goes to the present output as JSON, all of it.
  std::shared_ptr<const AccessSettings> plain_settings() const;

  // Any thread. Takes `count` whole lines; returns an empty string to go on with.
  std::string hand_over(std::shared_ptr<AccessDestination> destination, std::string lines, std::size_t count);
  // Any thread. A worker has done with older settings: outputs that nobody uses any more are closed.
  void release();
  // Any thread. What was handed over before still goes to the old file.
  void reopen();
  // Any thread. Lines that were not written: the queue was full, or the output failed.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  struct Item {
    std::shared_ptr<AccessDestination> destination = {};  // null where there are no lines
    std::string lines = {};
    std::size_t count = 0;
    bool reopen = false;
  };

  AccessLogWriter(Options options, AccessOutput output);
  void run();
  bool take(Item& item);
  void write(const Item& item);
  void push(Item item);
  void reopen_now();
  void give_back(Item item);
  void close_unused();
  static void report_failure(AccessDestination& destination);
  void report_drops(const AccessOutput& output);
  bool out_of_time(const AccessDestination& destination) const;

  const Options options_;
  std::atomic<std::uint64_t> dropped_{0};
  std::string output_name_;  // the present one, for settings()
  std::atomic<base::Instant> stop_by_{base::kNever};

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<Item> queue_;
  std::size_t queued_bytes_ = 0;    // the item that is being written included
  std::vector<std::string> spare_;  // emptied buffers
  std::shared_ptr<AccessDestination> current_;
  std::vector<std::shared_ptr<AccessDestination>> destinations_;  // the current one, and those still in use
  bool stopping_ = false;

  // The thread's own.
  std::uint64_t reported_drops_ = 0;
  std::string slow_output_;  // of the drops that are to be reported
  base::Instant next_report_;
  std::thread thread_;
};

// One worker's end of the log. Not thread-safe.
class AccessLogBuffer {
 public:
  static constexpr std::size_t kFull = 64 * 1024;

  // `writer` is null where the log is off. It outlives the buffer.
  explicit AccessLogBuffer(AccessLogWriter* writer)
      : writer_(writer), settings_(writer == nullptr ? nullptr : writer->plain_settings()) {}
  ~AccessLogBuffer() { flush(); }

  AccessLogBuffer(const AccessLogBuffer&) = delete;
  AccessLogBuffer& operator=(const AccessLogBuffer&) = delete;

  // From here on; null: nothing is written.
  void use(std::shared_ptr<const AccessSettings> settings);

  bool enabled() const { return settings_ != nullptr; }
  // Whether an exchange that ended so is to be written. Asked once for each, before its record is made.
  bool takes(unsigned status, bool remarkable, base::Random& random) const {
    return settings_ != nullptr && settings_->selection.takes(status, remarkable, random);
  }
  // What is not to be written is taken out of the record.
  void write(AccessRecord& record);
  // To be called every 100 to 200 ms. Costs nothing if nothing was written.
  void flush();

 private:
  AccessLogWriter* const writer_;
  std::shared_ptr<const AccessSettings> settings_;  // null: off
  AccessFormatter formatter_;
  std::string redacted_[2];
  std::string lines_;
  std::size_t count_ = 0;
};

}  // namespace weir::observe
