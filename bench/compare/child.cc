#include "bench/compare/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "lb/net/fd.h"

extern char** environ;

namespace weir::bench::compare {
namespace {

// Where starting failed, and errno; through a pipe that closes by itself when the program begins.
struct Failure {
  int step = 0;
  int error = 0;
};
enum Step { bind_to_parent, take_cores, open_files, execute };
constexpr const char* kSteps[] = {"prctl", "pinning to its cores", "its output", "starting it"};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_of(const ChildOptions& options) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) result.emplace_back(*entry);
  for (const auto& [name, value] : options.environment) {
    std::erase_if(result,
                  [before = name + "="](const std::string& entry) { return entry.starts_with(before); });
    result.push_back(fmt::format("{}={}", name, value));
  }
  return result;
}

// All that the child needs, made before fork: nothing may be allocated after it.
struct Preparation {
  explicit Preparation(const ChildOptions& options)
      : arguments(options.arguments), environment(environment_of(options)), output(options.output) {
    argument_pointers = pointers(arguments);
    environment_pointers = pointers(environment);
    for (const unsigned core : options.cores) CPU_SET(core, &cores);
    pinned = !options.cores.empty();
  }

  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  std::string output;
  std::vector<char*> argument_pointers;
  std::vector<char*> environment_pointers;
  cpu_set_t cores{};
  bool pinned = false;
  pid_t parent = ::getpid();
};

bool redirect(const Preparation& prepared) {
  const int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int output =
      ::open(prepared.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  return input >= 0 && output >= 0 && ::dup2(input, STDIN_FILENO) >= 0 &&
         ::dup2(output, STDOUT_FILENO) >= 0 && ::dup2(output, STDERR_FILENO) >= 0;
}

// Becomes the program; returns the step that failed. SIGTERM, not SIGKILL, is what a master can pass on to
// its workers.
Step become(const Preparation& prepared) {
  ::setpgid(0, 0);
  if (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || ::getppid() != prepared.parent) return bind_to_parent;
  if (prepared.pinned && ::sched_setaffinity(0, sizeof prepared.cores, &prepared.cores) != 0)
    return take_cores;
  if (!redirect(prepared)) return open_files;
  ::execve(prepared.argument_pointers[0], prepared.argument_pointers.data(),
           prepared.environment_pointers.data());
  return execute;
}

}  // namespace

std::expected<std::unique_ptr<Child>, std::string> Child::start(const ChildOptions& options) {
  Preparation prepared(options);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(std::string(std::strerror(errno)));
  net::Fd reading(ends[0]), writing(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return std::unexpected(std::string(std::strerror(errno)));
  if (pid == 0) {
    const Failure failure{become(prepared), errno};
    [[maybe_unused]] const auto written = ::write(writing.get(), &failure, sizeof failure);
    ::_exit(127);
  }
  ::setpgid(pid, pid);  // whoever of us is first
  writing.reset();
  std::unique_ptr<Child> child(new Child(pid, options.output));
  Failure failure;
  if (::read(reading.get(), &failure, sizeof failure) == sizeof failure) {
    return std::unexpected(
        fmt::format("{}: {}: {}", options.arguments[0], kSteps[failure.step], std::strerror(failure.error)));
  }
  return child;
}

Child::~Child() { kill(); }

std::optional<int> Child::finished() {
  int status = 0;
  if (!code_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return code_;
}

// Its children may live on when it has ended, so the group is killed in any case.
void Child::kill() {
  ::kill(-pid_, SIGKILL);
  if (code_) return;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string Child::output() const {
  const std::ifstream file(output_);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::string last_words(const Child& child) {
  constexpr std::size_t kMost = 400;
  std::string text = child.output();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text.size() > kMost ? "..." + text.substr(text.size() - kMost) : text;
}

}  // namespace weir::bench::compare
