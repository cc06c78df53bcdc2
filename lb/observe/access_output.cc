#include "lb/observe/access_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lb/model/access_log.h"

namespace weir::observe {
namespace {

// O_NONBLOCK: a FIFO that nobody reads is an error here, not a wait.
int open_file(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
}

std::size_t line_count(std::string_view lines) {
  return static_cast<std::size_t>(std::ranges::count(lines, '\n'));
}

// Whole lines that a pipe takes in one piece (POSIX write: PIPE_BUF), so that no other writer's line comes
// between.
std::string_view atomic_piece(std::string_view bytes) {
  if (bytes.size() <= PIPE_BUF) return bytes;
  const std::size_t end = bytes.rfind('\n', PIPE_BUF - 1);
  return bytes.substr(0, end == std::string_view::npos ? PIPE_BUF : end + 1);
}

}  // namespace

std::expected<AccessOutput, std::string> AccessOutput::open(const std::string& name) {
  if (name == "stdout") return AccessOutput(name, STDOUT_FILENO);
  if (name == "stderr") return AccessOutput(name, STDERR_FILENO);
  if (const std::string_view address = model::syslog_address(name); !address.empty()) {
    auto syslog = SyslogSocket::open(address);
    if (!syslog) return std::unexpected(fmt::format("cannot open {}: {}", name, syslog.error()));
    return AccessOutput(name, *std::move(syslog));
  }
  const int descriptor = open_file(name == "off" ? "/dev/null" : name);
  if (descriptor < 0) return std::unexpected(fmt::format("cannot open {}: {}", name, std::strerror(errno)));
  return AccessOutput(name, descriptor);
}

AccessOutput::AccessOutput(std::string name, int descriptor)
    : name_(std::move(name)), descriptor_(descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return;
  if (S_ISREG(status.st_mode)) kind_ = Kind::file;
  if (S_ISSOCK(status.st_mode)) kind_ = Kind::socket;
}

AccessOutput::AccessOutput(std::string name, SyslogSocket syslog)
    : name_(std::move(name)), syslog_(std::move(syslog)) {}

AccessOutput::AccessOutput(AccessOutput&& other) noexcept
    : name_(std::move(other.name_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      syslog_(std::move(other.syslog_)),
      kind_(other.kind_),
      error_(other.error_),
      cut_line_(std::move(other.cut_line_)) {}

AccessOutput& AccessOutput::operator=(AccessOutput&& other) noexcept {
  std::swap(name_, other.name_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(syslog_, other.syslog_);
  std::swap(kind_, other.kind_);
  std::swap(error_, other.error_);
  std::swap(cut_line_, other.cut_line_);
  return *this;
}

AccessOutput::~AccessOutput() {
  if (owned()) ::close(descriptor_);
}

bool AccessOutput::owned() const { return descriptor_ > STDERR_FILENO; }

std::size_t AccessOutput::write(std::string_view lines, const GiveUp& give_up) {
  if (syslog_) {
    const std::size_t lost = syslog_->write(lines, give_up);
    error_ = syslog_->error();
    return lost;
  }
  error_ = 0;
  cut_line_.erase(0, put(cut_line_, give_up));
  if (!cut_line_.empty()) return line_count(lines);
  const std::size_t written = put(lines, give_up);
  std::string_view rest = lines.substr(written);
  if (!rest.empty() && written > 0 && lines[written - 1] != '\n') {
    cut_line_ = rest.substr(0, rest.find('\n') + 1);
    rest.remove_prefix(cut_line_.size());
  }
  return line_count(rest);
}

std::size_t AccessOutput::reopen() {
  error_ = 0;
  if (syslog_) syslog_->disconnect();
  if (!owned() || kind_ != Kind::file) return 0;
  auto opened = open(name_);
  if (!opened) {
    error_ = errno;
    return 0;
  }
  const std::size_t lost = cut_line_.empty() ? 0 : 1;
  *this = std::move(*opened);
  return lost;
}

// Returns how many bytes were written: all, unless the output failed or was given up on.
std::size_t AccessOutput::put(std::string_view bytes, const GiveUp& give_up) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    // A blocking pipe or terminal that is said to be writable takes a piece without blocking.
    if (kind_ == Kind::stream && !wait_writable(give_up)) break;
    const long taken = put_some(bytes.substr(written));
    if (taken >= 0) {
      written += static_cast<std::size_t>(taken);
    } else if (errno == EAGAIN) {
      if (!wait_writable(give_up)) break;
    } else if (errno != EINTR) {
      error_ = errno;
      break;
    }
  }
  return written;
}

long AccessOutput::put_some(std::string_view bytes) const {
  switch (kind_) {
    case Kind::file: return ::write(descriptor_, bytes.data(), bytes.size());
    case Kind::socket: return ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    case Kind::stream: break;
  }
  bytes = atomic_piece(bytes);
  return ::write(descriptor_, bytes.data(), bytes.size());
}

// Looks first and waits only where it may: who has given up loses no time over it.
bool AccessOutput::wait_writable(const GiveUp& give_up) const {
  constexpr int kTickMilliseconds = 100;
  pollfd watched{descriptor_, POLLOUT, 0};
  for (int wait = 0; ::poll(&watched, 1, wait) <= 0; wait = kTickMilliseconds) {
    if (give_up()) return false;
  }
  return true;
}

}  // namespace weir::observe
