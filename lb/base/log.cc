#include "lb/base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

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

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = spdlog::stderr_color_mt("weir");
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
