#pragma once

#include <sys/types.h>

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "lb/net/fd.h"
#include "lb/net/watcher.h"

namespace weir::server::upgrade {

// The variable that tells a process which descriptor leads to the one that it takes over from.
inline constexpr const char* kVariable = "WEIR_UPGRADE";

// What was started as this process: the file's path and the command line.
struct Program {
  std::string path;  // empty: nobody can say
  std::vector<std::string> arguments;
};

// To be called at the start: later the file may have been replaced. A path that the command line names stays
// as it stands there, so that it may be a symbolic link to another version next time.
Program own_program();

// A process that was started here; it lives on when this object is destroyed.
class Child {
 public:
  // `on_exit` is called once, from the loop, with how it ended: "exit status 1". It may destroy this object.
  Child(net::Loop& loop, pid_t pid, net::Fd handle, std::function<void(const std::string& how)> on_exit);

  pid_t pid() const { return pid_; }
  // By SIGKILL, unless it has ended; returns when it has. on_exit is called no more.
  void kill();

 private:
  void look();

  const pid_t pid_;
  bool ended_ = false;  // and waited for: the number may be another process's
  net::Fd handle_;      // a pidfd
  net::Watcher watcher_;
  std::function<void(const std::string& how)> on_exit_;
};

struct Started {
  pid_t pid = 0;
  net::Fd handle;
};

// Starts the program with standard input, output and error, `channel`, and nothing else. The error says why
// it could not be.
std::expected<Started, std::string> start(const Program& program, const net::Fd& channel);

}  // namespace weir::server::upgrade
