#include "lb/net/listen.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "lb/base/text.h"

namespace weir::net {
namespace {

std::unexpected<ListenError> failed(int code) {
  switch (code) {
    case EADDRINUSE: return std::unexpected(ListenError{code, "the address is in use by another process"});
    case EACCES: return std::unexpected(ListenError{code, "permission denied"});
    case EADDRNOTAVAIL: return std::unexpected(ListenError{code, "this machine has no such address"});
    case ENOENT: return std::unexpected(ListenError{code, "no such directory"});
    default: return std::unexpected(ListenError{code, base::to_lower(std::strerror(code))});
  }
}

std::expected<Fd, int> bound_socket(const base::SocketAddress& address, bool reuse_port) {
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return std::unexpected(errno);
  const int on = 1;
  const auto set = [&](int level, int option) { ::setsockopt(fd.get(), level, option, &on, sizeof on); };
  if (!address.is_unix()) {
    set(SOL_SOCKET, SO_REUSEADDR);
    if (reuse_port) set(SOL_SOCKET, SO_REUSEPORT);
    if (address.family() == AF_INET6) set(IPPROTO_IPV6, IPV6_V6ONLY);
    set(IPPROTO_TCP, TCP_NODELAY);  // accepted sockets inherit it
  }
  sockaddr_storage native{};
  const socklen_t length = address.to_native(native);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&native), length) != 0)
    return std::unexpected(errno);
  return fd;
}

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISLNK(mode)) return "a symbolic link";
  if (S_ISREG(mode)) return "a file";
  return "something";
}

// A socket file that nobody listens on any more is taken over; one in use, or any other file, is not.
std::expected<void, ListenError> clear_path(const base::SocketAddress& address) {
  struct stat status{};
  if (::lstat(address.path().c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) {
    const std::string kind(kind_of(status.st_mode));
    return std::unexpected(ListenError{EADDRINUSE, "there is " + kind + " at this path, not a socket"});
  }
  Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_storage native{};
  const socklen_t length = address.to_native(native);
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&native), length) == 0 ||
      errno != ECONNREFUSED) {
    return failed(EADDRINUSE);
  }
  if (::unlink(address.path().c_str()) != 0) return failed(errno);
  return {};
}

std::expected<Fd, int> bound_unix_socket(const base::SocketAddress& address, mode_t mode) {
  const mode_t before = ::umask(0777 & ~mode);
  auto fd = bound_socket(address, false);
  ::umask(before);
  return fd;
}

std::expected<ListeningSockets, ListenError> listen_unix(const base::SocketAddress& address, int backlog,
                                                         mode_t mode) {
  if (auto clear = clear_path(address); !clear) return std::unexpected(clear.error());
  auto fd = bound_unix_socket(address, mode);
  if (!fd) return failed(fd.error());
  ListeningSockets result{address, {}, SocketFile(address.path())};
  if (::listen(fd->get(), backlog) != 0) return failed(errno);
  result.sockets.push_back(std::move(*fd));
  return result;
}

}  // namespace

base::SocketAddress local_address(const Fd& socket) {
  sockaddr_storage native{};
  socklen_t length = sizeof native;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&native), &length);
  return base::SocketAddress::from_native(native, length);
}

std::expected<ListeningSockets, ListenError> listen_on(const base::SocketAddress& address, unsigned workers,
                                                       const ListenOptions& options) {
  if (address.is_unix()) return listen_unix(address, options.backlog, options.unix_mode);
  ListeningSockets result{address, {}};
  if (options.among == ListenOptions::Among::none) {
    // With SO_REUSEPORT alone a second process of the same user could bind too and take half of
    // the connections. A listening probe without it conflicts with every other listener.
    auto probe = bound_socket(address, false);
    if (!probe) return failed(probe.error());
    if (::listen(probe->get(), 1) != 0) return failed(errno);
    result.address = local_address(*probe);
  }
  for (unsigned i = 0; i < workers; ++i) {
    auto fd = bound_socket(result.address, true);
    if (!fd) return failed(fd.error());
    result.sockets.push_back(std::move(*fd));
  }
  if (!options.begin) return result;
  if (const auto begun = begin_listening(result.sockets, options.backlog); !begun)
    return failed(begun.error());
  return result;
}

std::expected<void, int> begin_listening(std::span<const Fd> sockets, int backlog) {
  for (const Fd& fd : sockets) {
    if (::listen(fd.get(), backlog) != 0) return std::unexpected(errno);
  }
  return {};
}

namespace {

std::unexpected<std::string> unusable(int code) {
  return std::unexpected(base::to_lower(std::strerror(code)));
}

std::expected<int, int> option_of(const Fd& socket, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  if (::getsockopt(socket.get(), SOL_SOCKET, option, &value, &length) != 0) return std::unexpected(errno);
  return value;
}

bool is_nameless(const Fd& socket) {
  sockaddr_un local{};
  socklen_t length = sizeof local;
  return ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&local), &length) != 0 ||
         length <= offsetof(sockaddr_un, sun_path) || local.sun_path[0] == '\0';
}

}  // namespace

std::expected<base::SocketAddress, std::string> take_over(const Fd& socket) {
  const auto type = option_of(socket, SO_TYPE);
  if (!type) return unusable(type.error());
  if (*type != SOCK_STREAM) return std::unexpected("it is no stream socket");
  if (option_of(socket, SO_ACCEPTCONN) != 1) return std::unexpected("it does not listen");
  const int family = option_of(socket, SO_DOMAIN).value_or(AF_UNSPEC);
  if (family != AF_INET && family != AF_INET6 && family != AF_UNIX) {
    return std::unexpected("it is neither an IP nor a unix socket");
  }
  if (family == AF_UNIX && is_nameless(socket)) return std::unexpected("it is a unix socket without a path");
  const int flags = ::fcntl(socket.get(), F_GETFL);
  if (flags < 0 || ::fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC) != 0) {
    return unusable(errno);
  }
  const int on = 1;
  if (family != AF_UNIX) ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return local_address(socket);
}

}  // namespace weir::net
