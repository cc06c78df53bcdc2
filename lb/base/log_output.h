#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace weir::base {

// Lines to a descriptor that other processes may share: so it stays blocking, if it is. A line never waits:
// one that the reader leaves no room for is dropped. (Only where a pipe or terminal cannot be opened again,
// as after a change of user, another writer can take the room that was seen.) A pipe is made large enough for
// a burst of lines. Used by one thread at a time; SIGPIPE is ignored.
class LogOutput {
 public:
  // The line that says how many were dropped.
  using Notice = std::function<std::string(std::uint64_t dropped)>;

  // The descriptor outlives this.
  LogOutput(int descriptor, Notice notice);
  ~LogOutput();
  LogOutput(const LogOutput&) = delete;
  LogOutput& operator=(const LogOutput&) = delete;

  // One line with its newline. The first one that finds room again comes behind a notice.
  void write(std::string_view line);

 private:
  enum class Kind { file, stream, socket };

  bool catch_up();
  bool put(std::string_view bytes);
  long put_some(std::string_view bytes) const;
  bool writable() const;

  const Notice notice_;
  int descriptor_;
  bool owned_ = false;
  Kind kind_ = Kind::stream;
  std::uint64_t dropped_ = 0;  // since the last notice
  bool cut_ = false;           // the output ends in the middle of a line
};

}  // namespace weir::base
