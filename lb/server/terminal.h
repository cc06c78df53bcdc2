#pragma once

#include <termios.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::server {

// The terminal of the process, as a screen of its own, without echo and line by line input. What it was
// before is given back by the destructor, and when a fault ends the process. One at a time.
class Terminal {
 public:
  // Both stdin and stdout are one.
  static bool there();

  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  struct Size {
    std::size_t rows = 24;
    std::size_t columns = 80;
  };
  static Size size();

  // Stops the process, as Ctrl-Z should, until it is continued; with the terminal as it was before.
  void suspend();

  // Shows these lines, from the top. False: the terminal is gone.
  bool show(const std::vector<std::string>& lines);
  // What was typed; nothing if nothing was. Never waits.
  std::string typed() const;

 private:
  void enter();
  void leave();
};

}  // namespace weir::server
