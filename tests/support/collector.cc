#include "tests/support/collector.h"

#include <fmt/format.h>

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

Collector::Collector() : server_([this](Connection& connection) { return take(connection); }) {}

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
  if (!eventually([&] { return !held_ || server_.stopping() || connection.at_end(); }, kPatience * 3))
    return false;
  if (server_.stopping()) return false;
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
