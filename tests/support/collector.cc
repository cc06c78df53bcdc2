#include "tests/support/collector.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace weir::test {
namespace {

constexpr std::string_view kLength = "Content-Length: ";

std::size_t length_of(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    if (line.starts_with(kLength)) return std::stoul(line.substr(kLength.size()));
  }
  return 0;
}

}  // namespace

Collector::Collector() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in native{};
  native.sin_family = AF_INET;
  native.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof native;
  if (::bind(socket_, reinterpret_cast<const sockaddr*>(&native), length) != 0 || ::listen(socket_, 64) != 0)
    throw std::system_error(errno, std::generic_category(), "listen");
  ::getsockname(socket_, reinterpret_cast<sockaddr*>(&native), &length);
  port_ = std::to_string(ntohs(native.sin_port));
  acceptor_ = std::thread([this] { accept_all(); });
}

Collector::~Collector() {
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

void Collector::accept_all() {
  for (;;) {
    const int fd = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    ++connections_;
    {
      const std::lock_guard lock(mutex_);
      open_.push_back(fd);
    }
    threads_.emplace_back([this, fd] { serve(Connection(fd)); });
  }
}

void Collector::serve(Connection connection) {
  try {
    while (connection.readable(std::chrono::hours(1)) && take(connection)) {
    }
  } catch (const std::exception&) {  // the other end went away
  }
  const std::lock_guard lock(mutex_);
  open_.remove(connection.fd());
}

// One request. False at the end of the connection.
bool Collector::take(Connection& connection) {
  const std::vector<std::string> lines = connection.head_lines();
  if (lines.empty()) return false;
  Post post{fmt::format("{}", fmt::join(lines, "\n")), {}};
  connection.body(length_of(lines), [&](std::string_view piece) { post.body += piece; });
  {
    const std::lock_guard lock(mutex_);
    posts_.push_back(std::move(post));
  }
  if (!eventually([&] { return !held_ || stopping_ || connection.at_end(); }, kPatience * 3)) return false;
  if (stopping_) return false;
  const Reply reply = next_reply();
  connection.send(fmt::format("HTTP/1.1 {} Said\r\nContent-Length: {}\r\n{}\r\n{}", reply.status,
                              reply.body.size(), reply.fields, reply.body));
  return !reply.then_close;
}

Collector::Reply Collector::next_reply() {
  const std::lock_guard lock(mutex_);
  if (replies_.empty()) return {};
  Reply reply = replies_.front();
  replies_.pop_front();
  return reply;
}

void Collector::answer_next(const Reply& reply) {
  const std::lock_guard lock(mutex_);
  replies_.push_back(reply);
}

std::vector<Collector::Post> Collector::posts() const {
  const std::lock_guard lock(mutex_);
  return posts_;
}

bool Collector::has_posts(std::size_t count) const {
  return eventually([&] { return posts().size() >= count; });
}

}  // namespace weir::test
