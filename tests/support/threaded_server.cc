#include "tests/support/threaded_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace weir::test {
namespace {

int listening_socket() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in native{};
  native.sin_family = AF_INET;
  native.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&native), sizeof native) != 0 || ::listen(fd, 4096) != 0) {
    throw std::system_error(errno, std::generic_category(), "listen");
  }
  return fd;
}

std::string port_of(int fd) {
  sockaddr_in native{};
  socklen_t length = sizeof native;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&native), &length);
  return std::to_string(ntohs(native.sin_port));
}

bool has_free_descriptor(int any) {
  const int fd = ::fcntl(any, F_DUPFD_CLOEXEC, 0);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

}  // namespace

ThreadedServer::ThreadedServer(Answer answer)
    : answer_(std::move(answer)),
      socket_(listening_socket()),
      port_(port_of(socket_)),
      acceptor_([this] { accept_all(); }) {}

ThreadedServer::~ThreadedServer() {
  stopping_ = true;
  ::shutdown(socket_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  ::close(socket_);
}

void ThreadedServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
      const int error = errno;
      if (stopping_) return;
      if (error == ECONNABORTED || error == EINTR) continue;
      const bool full = error == EMFILE || error == ENFILE;
      if (!full || !eventually([this] { return stopping_ || has_free_descriptor(socket_); })) return;
      continue;
    }
    ++connections_;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    {
      const std::lock_guard lock(mutex_);
      open_.push_back(fd);
    }
    threads_.emplace_back([this, fd] { serve(Connection(fd)); });
  }
}

void ThreadedServer::serve(Connection connection) {
  try {
    while (connection.readable(std::chrono::hours(1)) && answer_(connection)) {
    }
  } catch (const std::exception&) {  // weir went away, or sent nonsense; the test sees its own side of it
  }
  const std::lock_guard lock(mutex_);
  open_.remove(connection.fd());
}

std::string free_port() {
  const int fd = listening_socket();
  std::string port = port_of(fd);
  ::close(fd);
  return port;
}

}  // namespace weir::test
