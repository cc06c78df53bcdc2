#pragma once

#include <sys/types.h>

#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::bench::compare {

struct ChildOptions {
  std::vector<std::string> arguments;                              // the program first, a path
  std::vector<std::pair<std::string, std::string>> environment{};  // beside ours
  std::vector<unsigned> cores{};                                   // it runs on no others; empty: on any
  std::filesystem::path output;                                    // a file for what it writes, both ways
};

// A program that runs beside us, without input, in a process group of its own. The whole group is killed with
// this object; the program is told to end if we die first. To be used by the thread that made it.
class Child {
 public:
  // The error says what prevented the program from starting.
  static std::expected<std::unique_ptr<Child>, std::string> start(const ChildOptions& options);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  // The exit code, or 128 and the number of the signal that ended it. Absent while it runs.
  std::optional<int> finished();
  void kill();
  // What it has written so far.
  std::string output() const;

 private:
  Child(pid_t pid, std::filesystem::path output) : pid_(pid), output_(std::move(output)) {}

  pid_t pid_;
  std::filesystem::path output_;
  std::optional<int> code_;
};

// The end of what it has written, in one line.
std::string last_words(const Child& child);

}  // namespace weir::bench::compare
