#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "lb/base/address.h"
#include "lb/observe/syslog_message.h"

namespace weir::observe {

// Sends lines to a syslog daemon, one datagram each, over a unix or UDP socket. A daemon that is not there is
// looked for again with each batch of lines, so that its restart is survived. Used by one thread.
class SyslogSocket {
 public:
  using GiveUp = std::function<bool()>;

  // The error says what is wrong with the address.
  static std::expected<SyslogSocket, std::string> open(std::string_view address);
  SyslogSocket(SyslogSocket&& other) noexcept;
  SyslogSocket& operator=(SyslogSocket&& other) noexcept;
  SyslogSocket(const SyslogSocket&) = delete;
  SyslogSocket& operator=(const SyslogSocket&) = delete;
  ~SyslogSocket();

  // Returns how many lines were lost. Waits for a daemon that is slow, but no longer than a second in a row.
  std::size_t write(std::string_view lines, const GiveUp& give_up);
  // Connects anew with the next line.
  void disconnect();

  int error() const { return error_; }  // errno of the last call, 0 if it went well

 private:
  explicit SyslogSocket(base::SocketAddress address) : address_(std::move(address)) {}
  bool connect();
  bool send(std::string_view head, std::string_view line, const GiveUp& give_up);
  int send_once(std::string_view head, std::string_view line) const;
  bool wait_writable(const GiveUp& give_up) const;

  base::SocketAddress address_;
  SyslogSender sender_ = SyslogSender::self();
  int descriptor_ = -1;
  int error_ = 0;
};

}  // namespace weir::observe
