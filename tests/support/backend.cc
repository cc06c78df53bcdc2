#include "tests/support/backend.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

namespace weir::test {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kSlowEvery = 8 << 20;  // a slow reader rests after so many bytes
constexpr Milliseconds kSlowRest{10};

// Of a request's head; empty if there is none.
std::string field(const std::vector<std::string>& lines, std::string_view name) {
  for (const std::string& line : lines) {
    if (line.size() > name.size() && line[name.size()] == ':' &&
        ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
      return line.substr(std::min(line.size(), line.find_first_not_of(' ', name.size() + 1)));
    }
  }
  return {};
}

std::size_t number_after(std::string_view prefix, const std::string& path) {
  return std::stoul(path.substr(prefix.size()));
}

// Counts a body and compares it with what it should be.
class BodyCheck {
 public:
  explicit BodyCheck(bool slow) : slow_(slow) {}
  void take(std::string_view piece) {
    right_ = right_ && piece == pattern(count_, piece.size());
    count_ += piece.size();
    if (!slow_ || count_ / kSlowEvery == rests_) return;
    rests_ = count_ / kSlowEvery;
    std::this_thread::sleep_for(kSlowRest);
  }
  std::string text() const { return fmt::format("{} {}", count_, right_ ? "right" : "wrong"); }

 private:
  const bool slow_;
  bool right_ = true;
  std::size_t count_ = 0;
  std::size_t rests_ = 0;
};

void send_bytes(Connection& connection, std::size_t length) {
  connection.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", length));
  for (std::size_t sent = 0; sent < length; sent += kPiece) {
    connection.send(pattern(sent, std::min(kPiece, length - sent)));
  }
}

}  // namespace

Backend::Backend(std::string name)
    : name_(std::move(name)), server_([this](Connection& connection) { return answer(connection); }) {}

// One request. False at the end of the connection.
bool Backend::answer(Connection& connection) {
  const std::vector<std::string> lines = connection.head_lines();
  if (lines.empty()) return false;
  if (field(lines, "User-Agent") != "weir/health-check") ++requests_;
  const std::size_t space = lines[0].find(' ');
  const std::string target = lines[0].substr(space + 1, lines[0].rfind(' ') - space - 1);
  const std::string path = target.substr(0, target.find('?'));

  if (!field(lines, "Expect").empty()) connection.send("HTTP/1.1 100 Continue\r\n\r\n");
  BodyCheck check(path == "/slow-count");
  if (const std::string length = field(lines, "Content-Length"); !length.empty()) {
    connection.body(std::stoul(length), [&](std::string_view piece) { check.take(piece); });
  } else if (!field(lines, "Transfer-Encoding").empty()) {
    check.take(connection.chunked_body());
  }

  if (path.starts_with("/bytes/")) {
    send_bytes(connection, number_after("/bytes/", path));
    return true;
  }
  if (path.starts_with("/delay/")) {
    const Stopwatch watch;
    const Milliseconds delay(number_after("/delay/", path));
    eventually([&] { return server_.stopping() || watch.elapsed() >= delay || connection.at_end(); }, delay);
  }
  if (path == "/held")
    eventually([&] { return released_ || server_.stopping() || connection.at_end(); }, kPatience * 6);
  std::string body = target;
  if (path.ends_with("/name")) body = name_;
  if (path == "/count" || path == "/slow-count") body = check.text();
  if (path == "/head") body = fmt::format("{}\n", fmt::join(lines, "\n"));
  std::string response = fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n", body.size());
  constexpr std::string_view kSetCookie = "?set-cookie=";
  if (const std::size_t at = target.find(kSetCookie); at != std::string::npos)
    response += fmt::format("Set-Cookie: {}\r\n", target.substr(at + kSetCookie.size()));
  response += "\r\n";
  if (!lines[0].starts_with("HEAD ")) response += body;
  connection.send(response);
  return true;
}

}  // namespace weir::test
