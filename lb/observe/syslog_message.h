#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lb/base/clock.h"

// The access log's lines as messages of syslog (RFC 5424 6).
namespace weir::observe {

// Of a message, its head included: what rsyslog takes by default. What is longer is cut and ends in "...".
inline constexpr std::size_t kLongestSyslogMessage = 8192;

// "weir" on this host, as it stands in every message. `host` may be any text.
struct SyslogSender {
  std::string host;
  long process = 0;

  static SyslogSender self();
};

// All of the message in front of the line: local0.info, MSGID access, no structured data.
std::string syslog_head(const SyslogSender& sender, base::WallTime time);

// The part of the line for which there is room behind such a head, cut between characters.
std::string_view fitting(std::string_view line, std::size_t head_size);

}  // namespace weir::observe
