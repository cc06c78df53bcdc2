#include "lb/base/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace base = weir::base;

namespace {

// The log finds its stderr with its first line: so there is one test that writes any.
class PipeAsStderr {
 public:
  PipeAsStderr() : before_(::dup(STDERR_FILENO)) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    reader_ = ends[0];
    ::fcntl(reader_, F_SETFL, O_NONBLOCK);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
  }
  ~PipeAsStderr() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    ::close(reader_);
  }
  PipeAsStderr(const PipeAsStderr&) = delete;
  PipeAsStderr& operator=(const PipeAsStderr&) = delete;

  std::vector<std::string> read_lines() const {
    std::string line;
    std::vector<std::string> lines;
    char c = 0;
    while (::read(reader_, &c, 1) == 1) {
      if (c != '\n') {
        line += c;
      } else {
        lines.push_back(std::exchange(line, {}));
      }
    }
    CHECK(line.empty());
    return lines;
  }

 private:
  int before_;
  int reader_ = -1;
};

}  // namespace

TEST_CASE("no thread waits for a stderr that nobody reads, and the log says how many lines that cost") {
  constexpr int kThreads = 3;
  constexpr int kLines = 2000;  // more than the largest pipe
  const PipeAsStderr pipe;
  std::vector<std::thread> threads;
  for (int number = 0; number < kThreads; ++number) {
    threads.emplace_back([] {
      for (int i = 0; i < kLines; ++i) base::log::warn("escaped\n{}", std::string(500, 'x'));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> first = pipe.read_lines();
  REQUIRE(!first.empty());
  for (const std::string& line : first) {
    REQUIRE(line.ends_with(" warning escaped\\n" + std::string(500, 'x')));
  }
  base::log::set_level(base::log::Level::error);
  base::log::warn("not of interest");
  base::log::error("at last");
  base::log::set_level(base::log::Level::info);
  const std::vector<std::string> second = pipe.read_lines();
  REQUIRE(second.size() == 2);
  CHECK(second[0].ends_with(" warning log: " + std::to_string(kThreads * kLines - first.size()) +
                            " lines were dropped: stderr took nothing, or failed"));
  CHECK(second[1].ends_with(" error at last"));
}
