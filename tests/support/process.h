#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/eventually.h"

namespace weir::test {

struct Command {
  std::vector<std::string> arguments;                              // the program first, looked up in PATH
  std::vector<std::pair<std::string, std::string>> environment{};  // beside ours
  std::optional<std::uint64_t> descriptors{};                      // the limit of open files, soft and hard
  std::optional<unsigned> user{};                                  // run as this number, without groups
  std::string directory{};                                         // empty: ours
  std::vector<int> listening{};  // sockets that it finds from 3 on, as systemd hands them over
};

// A program that runs beside the test, without input. What it writes is kept in memory. Killed if it still
// runs when this object or the test goes away.
class Process {
 public:
  explicit Process(const Command& command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  bool running() { return !wait(Milliseconds(0)); }
  // The exit code, or 128 and the number of the signal that ended it. Absent if it still runs.
  std::optional<int> wait(Milliseconds patience = kPatience);

  // What it has written so far.
  std::string out() const;
  std::string err() const;

  // From /proc, in bytes: resident now, and the most that ever was.
  std::uint64_t resident() const { return memory("VmRSS:"); }
  std::uint64_t most_resident() const { return memory("VmHWM:"); }

 private:
  std::uint64_t memory(const std::string& key) const;

  int out_ = -1;
  int err_ = -1;
  pid_t pid_ = -1;
  std::optional<int> code_;
};

struct Finished {
  int code = 0;
  std::string out;
  std::string err;
};

// Runs a program to its end, which has to come in time.
Finished run(const Command& command, Milliseconds patience = Milliseconds(120'000));
Finished run(std::vector<std::string> arguments);

}  // namespace weir::test
