#include "lb/base/log_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace weir::base {
namespace {

// A few thousand lines, as an outage brings at once; the most that every user may ask for.
constexpr int kPipeBytes = 1 << 20;

// The same pipe or terminal, not blocking for us alone; -1 where it cannot be had.
int open_again(int descriptor) {
  const std::string path = fmt::format("/proc/self/fd/{}", descriptor);
  return ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

}  // namespace

LogOutput::LogOutput(int descriptor, Notice notice) : notice_(std::move(notice)), descriptor_(descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return;
  if (S_ISREG(status.st_mode)) kind_ = Kind::file;
  if (S_ISSOCK(status.st_mode)) kind_ = Kind::socket;
  if (kind_ != Kind::stream) return;
  const int own = open_again(descriptor);
  if (own < 0) return;
  descriptor_ = own;
  owned_ = true;
  if (S_ISFIFO(status.st_mode) && ::fcntl(own, F_GETPIPE_SZ) < kPipeBytes) {
    ::fcntl(own, F_SETPIPE_SZ, kPipeBytes);
  }
}

LogOutput::~LogOutput() {
  if (owned_) ::close(descriptor_);
}

void LogOutput::write(std::string_view line) {
  if (!catch_up() || !put(line)) ++dropped_;
}

// Ends the line that was cut and tells of those that were dropped.
bool LogOutput::catch_up() {
  if (cut_ && !put("\n")) return false;
  if (dropped_ == 0) return true;
  if (!put(notice_(dropped_))) return false;
  dropped_ = 0;
  return true;
}

bool LogOutput::put(std::string_view bytes) {
  while (!bytes.empty()) {
    const long taken = put_some(bytes);
    if (taken < 0 && errno == EINTR) continue;
    if (taken <= 0) return false;
    const auto count = static_cast<std::size_t>(taken);
    cut_ = bytes[count - 1] != '\n';
    bytes.remove_prefix(count);
  }
  return true;
}

long LogOutput::put_some(std::string_view bytes) const {
  switch (kind_) {
    case Kind::file: return ::write(descriptor_, bytes.data(), bytes.size());
    case Kind::socket: return ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    case Kind::stream: break;
  }
  // A blocking pipe that is said to be writable has room for so much (POSIX write: PIPE_BUF).
  return writable() ? ::write(descriptor_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF)) : 0;
}

// Or broken, which write() tells.
bool LogOutput::writable() const {
  pollfd watched{descriptor_, POLLOUT, 0};
  return ::poll(&watched, 1, 0) > 0;
}

}  // namespace weir::base
