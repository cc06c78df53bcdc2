#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lb/observe/syslog_socket.h"

// Where the access log's lines end up: an open file, pipe, socket or terminal, or a syslog daemon. Used by
// one thread, which may wait here.
namespace weir::observe {

class AccessOutput {
 public:
  // Asked while the output takes nothing, before each wait: ten times a second.
  using GiveUp = std::function<bool()>;

  // off (nowhere), stdout, stderr, syslog:ADDRESS (which need not be there yet), or the path of a file, which
  // is made if it is not there.
  static std::expected<AccessOutput, std::string> open(const std::string& name);
  AccessOutput(AccessOutput&& other) noexcept;
  AccessOutput& operator=(AccessOutput&& other) noexcept;
  AccessOutput(const AccessOutput&) = delete;
  AccessOutput& operator=(const AccessOutput&) = delete;
  ~AccessOutput();

  // Writes whole lines and returns how many were lost: all behind the place where the output failed (see
  // error()) or was given up on. A line that was cut there is completed by a later call, so that every line
  // in the output is whole.
  std::size_t write(std::string_view lines, const GiveUp& give_up);

  // Opens a file anew, by its name; syslog is connected to anew, and what is neither stays as it is. Returns
  // the lines lost: 0, or 1 that was cut. On failure, see error(), the old file stays in use.
  std::size_t reopen();

  const std::string& name() const { return name_; }
  int error() const { return error_; }  // errno of the last call, 0 if it went well

 private:
  // How bytes are written without waiting for longer than give_up allows.
  enum class Kind { file, stream, socket };

  AccessOutput(std::string name, int descriptor);
  AccessOutput(std::string name, SyslogSocket syslog);
  std::size_t put(std::string_view bytes, const GiveUp& give_up);
  long put_some(std::string_view bytes) const;
  bool wait_writable(const GiveUp& give_up) const;
  bool owned() const;

  std::string name_;
  int descriptor_ = -1;
  std::optional<SyslogSocket> syslog_;  // in place of the descriptor
  Kind kind_ = Kind::stream;
  int error_ = 0;
  std::string cut_line_;  // the rest of the line that the output ends in the middle of
};

}  // namespace weir::observe
