#include "lb/base/log.h"

#include <spdlog/details/os.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <mutex>

#include "lb/base/log_output.h"
#include "lb/base/text.h"

namespace weir::base::log {
namespace {

std::atomic<Level> g_level{Level::info};

spdlog::level::level_enum native(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view colour(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug: return "\033[36m";
    case spdlog::level::info: return "\033[32m";
    case spdlog::level::warn: return "\033[33m\033[1m";
    default: return "\033[31m\033[1m";
  }
}

// What spdlog's own sink for stderr does, but for the waiting.
class Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  Sink() : output_(STDERR_FILENO, [this](std::uint64_t dropped) { return notice(dropped); }) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override { output_.write(text(message)); }
  void flush_() override {}

  std::string text(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    std::string line(formatted.data(), formatted.size());
    if (coloured_ && message.color_range_end > message.color_range_start) {
      line.insert(message.color_range_end, "\033[m");
      line.insert(message.color_range_start, colour(message.level));
    }
    return line;
  }
  std::string notice(std::uint64_t dropped) {
    const auto said = fmt::format("log: {} lines were dropped: stderr took nothing, or failed", dropped);
    return text({"weir", spdlog::level::warn, said});
  }

  const bool coloured_ = spdlog::details::os::in_terminal(stderr) && spdlog::details::os::is_color_terminal();
  LogOutput output_;
};

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("weir", std::make_shared<Sink>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

constexpr std::size_t kLongestLine = 4096;

}  // namespace

void set_level(Level level) { g_level.store(level, std::memory_order_relaxed); }

bool enabled(Level level) { return level >= g_level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view message) {
  std::string line;
  for (const char c : message.substr(0, kLongestLine)) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      line += escape({&c, 1});
    } else {
      line += c;
    }
  }
  logger().log(native(level), line);
}

}  // namespace weir::base::log
