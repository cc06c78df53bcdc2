#include "lb/server/upgrade_program.h"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

namespace weir::server::upgrade {
namespace {

constexpr int kChannel = STDERR_FILENO + 1;  // in the new process

std::vector<std::string> own_arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string one; std::getline(file, one, '\0');) arguments.push_back(one);
  return arguments;
}

// What of the environment goes along: all but what means this process alone.
std::vector<std::string> environment_for(int channel) {
  std::vector<std::string> variables;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::string_view variable(*one);
    if (variable.starts_with("LISTEN_") || variable.starts_with("WATCHDOG_PID=") ||
        variable.starts_with(std::string(kVariable) + "=")) {
      continue;
    }
    variables.emplace_back(variable);
  }
  variables.push_back(fmt::format("{}={}", kVariable, channel));
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// Signals that a daemon takes wait until it does; those that this process ignores are not ignored.
struct Attributes {
  Attributes() {
    ::posix_spawnattr_init(&value);
    sigset_t held, usual;
    sigemptyset(&held);
    for (const int number : {SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&held, number);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    ::posix_spawnattr_setsigmask(&value, &held);
    ::posix_spawnattr_setsigdefault(&value, &usual);
    ::posix_spawnattr_setflags(&value, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  posix_spawnattr_t value{};
};

struct Actions {
  explicit Actions(const net::Fd& channel) {
    ::posix_spawn_file_actions_init(&value);
    ::posix_spawn_file_actions_adddup2(&value, channel.get(), kChannel);
    ::posix_spawn_file_actions_addclosefrom_np(&value, kChannel + 1);
  }
  ~Actions() { ::posix_spawn_file_actions_destroy(&value); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;

  posix_spawn_file_actions_t value{};
};

std::string how(int status) {
  if (WIFSIGNALED(status)) return fmt::format("ended by signal {}", WTERMSIG(status));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

}  // namespace

Program own_program() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path really = fs::read_symlink("/proc/self/exe", error);
  Program program{error ? std::string() : really.string(), own_arguments()};
  if (program.arguments.empty() || program.arguments[0].find('/') == std::string::npos) return program;
  const fs::path named = fs::absolute(program.arguments[0], error);
  if (!error && fs::equivalent(named, "/proc/self/exe", error) && !error) program.path = named.string();
  return program;
}

std::expected<Started, std::string> start(const Program& program, const net::Fd& channel) {
  std::vector<std::string> arguments = program.arguments;
  std::vector<std::string> environment = environment_for(kChannel);
  const Attributes attributes;
  const Actions actions(channel);
  Started started;
  const int error = ::posix_spawn(&started.pid, program.path.c_str(), &actions.value, &attributes.value,
                                  pointers(arguments).data(), pointers(environment).data());
  if (error != 0) {
    return std::unexpected(fmt::format("{} cannot be started: {}", program.path, std::strerror(error)));
  }
  started.handle = net::Fd(static_cast<int>(::syscall(SYS_pidfd_open, started.pid, 0)));
  if (started.handle.valid()) return started;
  const std::string why = std::strerror(errno);
  ::kill(started.pid, SIGKILL);
  ::waitpid(started.pid, nullptr, 0);
  return std::unexpected("a process cannot be watched: " + why);
}

Child::Child(net::Loop& loop, pid_t pid, net::Fd handle, std::function<void(const std::string& how)> on_exit)
    : pid_(pid),
      handle_(std::move(handle)),
      watcher_(loop, this, [](void* self, int) { static_cast<Child*>(self)->look(); }),
      on_exit_(std::move(on_exit)) {
  if (const auto watched = watcher_.watch(handle_.get()); !watched) {
    net::give_up("a process cannot be watched");
  }
  watcher_.set(net::Watcher::kReadable);
}

void Child::look() {
  int status = 0;
  watcher_.spent(net::Watcher::kReadable);
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return;
  ended_ = true;
  watcher_.set(0);
  const auto on_exit = std::move(on_exit_);
  if (on_exit) on_exit(how(status));
}

void Child::kill() {
  watcher_.set(0);
  if (std::exchange(ended_, true)) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace weir::server::upgrade
