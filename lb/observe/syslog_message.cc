#include "lb/observe/syslog_message.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "lb/observe/access_time.h"

namespace weir::observe {
namespace {

constexpr int kLocal0 = 16;
constexpr int kInfo = 6;
constexpr std::size_t kLongestHost = 255;

// PRINTUSASCII (RFC 5424 6); nothing is "-".
std::string printable(std::string_view text) {
  std::string result;
  std::ranges::copy_if(text.substr(0, kLongestHost), std::back_inserter(result),
                       [](char c) { return c > ' ' && c < 0x7f; });
  return result.empty() ? "-" : result;
}

}  // namespace

SyslogSender SyslogSender::self() {
  char host[kLongestHost + 1] = "";
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return {.host = host, .process = ::getpid()};
}

std::string syslog_head(const SyslogSender& sender, base::WallTime time) {
  char bytes[AccessTime::kRoom];
  AccessLine line(bytes);
  AccessTime().put_microseconds(line, time);
  return fmt::format("<{}>1 {} {} weir {} access - ", kLocal0 * 8 + kInfo,
                     std::string_view(bytes, line.end()), printable(sender.host), sender.process);
}

std::string_view fitting(std::string_view line, std::size_t head_size) {
  const std::size_t room = kLongestSyslogMessage - std::min(head_size, kLongestSyslogMessage);
  if (line.size() <= room) return line;
  std::size_t end = room - std::min<std::size_t>(room, 3);  // for the dots
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  return line.substr(0, end);
}

}  // namespace weir::observe
