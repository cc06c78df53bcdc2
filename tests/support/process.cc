#include "tests/support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

extern char** environ;

namespace weir::test {
namespace {

int memory_file() {
  const int fd = ::memfd_create("weir-test", MFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  return fd;
}

std::string contents(int fd) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::pread(fd, buffer, sizeof buffer, static_cast<off_t>(text.size()));
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

// setpriv and prlimit become the program that they start, so the process keeps its number.
std::vector<std::string> wrapped(const Command& command) {
  std::vector<std::string> result{"setpriv", "--pdeathsig", "KILL"};
  if (command.user) {
    const std::string user = std::to_string(*command.user);
    result.insert(result.end(), {"--reuid", user, "--regid", user, "--clear-groups"});
  }
  result.emplace_back("--");
  if (command.descriptors) {
    const std::string limit = std::to_string(*command.descriptors);
    result.insert(result.end(), {"prlimit", "--nofile=" + limit + ":" + limit, "--"});
  }
  if (!command.listening.empty()) {
    const std::string count = std::to_string(command.listening.size());
    result.insert(result.end(), {"sh", "-c", "LISTEN_PID=$$ LISTEN_FDS=" + count + " exec \"$0\" \"$@\""});
  }
  result.insert(result.end(), command.arguments.begin(), command.arguments.end());
  return result;
}

// Above all numbers that they are wanted at.
std::vector<int> copies_of(const std::vector<int>& descriptors) {
  std::vector<int> copies;
  for (const int fd : descriptors) copies.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, 100));
  return copies;
}

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) result.emplace_back(*entry);
  for (const auto& [name, value] : command.environment) {
    std::erase_if(result, [&](const std::string& entry) { return entry.starts_with(name + "="); });
    result.push_back(name + "=" + value);
  }
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

pid_t spawn(const Command& command, int out, int err) {
  std::vector<std::string> arguments = wrapped(command);
  std::vector<std::string> environment = environment_of(command);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
  const std::vector<int> listening = copies_of(command.listening);
  for (int at = 3; const int fd : listening) ::posix_spawn_file_actions_adddup2(&files, fd, at++);
  if (!command.directory.empty()) {
    ::posix_spawn_file_actions_addchdir_np(&files, command.directory.c_str());
  }
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, arguments[0].c_str(), &files, nullptr, pointers(arguments).data(),
                                   pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&files);
  for (const int fd : listening) ::close(fd);
  if (error != 0) throw std::system_error(error, std::generic_category(), arguments[0]);
  return pid;
}

}  // namespace

Process::Process(const Command& command) : out_(memory_file()), err_(memory_file()) {
  pid_ = spawn(command, out_, err_);
}

Process::~Process() {
  if (running()) {
    signal(SIGKILL);
    wait();
  }
  ::close(out_);
  ::close(err_);
}

void Process::signal(int number) const {
  if (!code_) ::kill(pid_, number);
}

std::optional<int> Process::wait(Milliseconds patience) {
  eventually(
      [&] {
        int status = 0;
        if (!code_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
          code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        }
        return code_.has_value();
      },
      patience);
  return code_;
}

std::string Process::out() const { return contents(out_); }
std::string Process::err() const { return contents(err_); }

std::uint64_t Process::memory(const std::string& key) const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return std::stoull(line.substr(key.size())) * 1024;
  }
  return 0;
}

Finished run(const Command& command, Milliseconds patience) {
  Process process(command);
  const auto code = process.wait(patience);
  if (!code) {
    throw std::runtime_error(command.arguments[0] + " does not end; it said: " + process.out() +
                             process.err());
  }
  return {*code, process.out(), process.err()};
}

Finished run(std::vector<std::string> arguments) { return run(Command{.arguments = std::move(arguments)}); }

}  // namespace weir::test
