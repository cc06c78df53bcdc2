#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "lb/observe/access_output.h"
#include "lb/observe/syslog_message.h"
#include "tests/unit/observe/temporary.h"

using namespace weir;
using namespace weir::observe;

namespace {

bool in_time() { return true; }
bool never() { return false; }

// A syslog daemon that reads when it is told to.
class Daemon {
 public:
  explicit Daemon(const base::SocketAddress& address)
      : socket_(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage native{};
    const socklen_t length = address.to_native(native);
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&native), length) == 0);
  }
  ~Daemon() { ::close(socket_); }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  std::string port() const {
    sockaddr_storage native{};
    socklen_t length = sizeof native;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&native), &length);
    return std::to_string(base::SocketAddress::from_native(native, length).port());
  }
  // Empty: there is none.
  std::string message() const {
    std::string bytes(65536, ' ');
    const long size = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return bytes;
  }

 private:
  int socket_;
};

AccessOutput output_to(const std::string& address) {
  auto output = AccessOutput::open("syslog:" + address);
  REQUIRE(output.has_value());
  return std::move(*output);
}

}  // namespace

TEST_CASE("the head of a message is RFC 5424's, whatever the host is called") {
  const base::WallTime time(std::chrono::microseconds(1'700'000'000'000'042));
  CHECK(syslog_head({"lb-1", 77}, time) == "<134>1 2023-11-14T22:13:20.000042Z lb-1 weir 77 access - ");
  CHECK(syslog_head({"a b\nc\xff", 1}, time) == "<134>1 2023-11-14T22:13:20.000042Z abc weir 1 access - ");
  CHECK(syslog_head({"", 1}, time) == "<134>1 2023-11-14T22:13:20.000042Z - weir 1 access - ");
}

TEST_CASE("a line that does not fit is cut between characters") {
  CHECK(fitting("line", 100) == "line");
  const std::string exact(kLongestSyslogMessage - 100, 'x');
  CHECK(fitting(exact, 100) == exact);
  CHECK(fitting(exact + "x", 100).size() == exact.size() - 3);
  std::string text;
  while (text.size() < kLongestSyslogMessage) text += "\xe2\x82\xac";
  const std::string_view cut = fitting(text, 100);
  CHECK(cut.size() % 3 == 0);
  CHECK(cut.size() > kLongestSyslogMessage - 100 - 6);
}

TEST_CASE("each line is one datagram, over a unix socket and over UDP") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("log");
  bool is_unix = true;
  SUBCASE("unix") {}
  SUBCASE("UDP") { is_unix = false; }
  const Daemon daemon(is_unix ? base::SocketAddress::unix_path(path)
                              : *base::SocketAddress::parse("127.0.0.1:0"));
  AccessOutput output = output_to(is_unix ? "unix:" + path : "127.0.0.1:" + daemon.port());
  CHECK(output.write("one\ntwo\n", in_time) == 0);
  CHECK(output.write(std::string(20'000, 'x') + "\n", in_time) == 0);
  CHECK(daemon.message().ends_with(" access - one"));
  CHECK(daemon.message().ends_with(" access - two"));
  const std::string cut = daemon.message();
  CHECK(cut.size() == kLongestSyslogMessage);
  CHECK(cut.ends_with("x..."));
  CHECK(daemon.message() == "");
}

TEST_CASE("a daemon that is not there loses lines, and gets them when it is back") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("log");
  AccessOutput output = output_to("unix:" + path);
  CHECK(output.write("one\ntwo\n", in_time) == 2);
  CHECK(output.error() == ENOENT);
  for (int round = 0; round < 2; ++round) {
    {
      const Daemon daemon(base::SocketAddress::unix_path(path));
      CHECK(output.write("three\n", in_time) == 0);
      CHECK(output.error() == 0);
      CHECK(daemon.message().ends_with(" three"));
    }
    CHECK(output.write("four\n", in_time) == 1);
    CHECK(output.error() == ECONNREFUSED);
    ::unlink(path.c_str());
  }
}

TEST_CASE("a daemon that has begun anew misses nothing") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("log");
  AccessOutput output = output_to("unix:" + path);
  {
    const Daemon daemon(base::SocketAddress::unix_path(path));
    CHECK(output.write("one\n", in_time) == 0);
  }
  ::unlink(path.c_str());
  const Daemon daemon(base::SocketAddress::unix_path(path));
  CHECK(output.write("two\n", in_time) == 0);
  CHECK(daemon.message().ends_with(" two"));
}

TEST_CASE("nobody waits long for a daemon that does not read") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("log");
  const Daemon daemon(base::SocketAddress::unix_path(path));
  AccessOutput output = output_to("unix:" + path);
  std::string lines;
  constexpr std::size_t kLines = 5000;
  for (std::size_t i = 0; i < kLines; ++i) lines += "line\n";
  const auto begun = std::chrono::steady_clock::now();
  const std::size_t lost = output.write(lines, never);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
  CHECK(lost > 0);
  std::size_t received = 0;
  while (!daemon.message().empty()) ++received;
  CHECK(received + lost == kLines);
  CHECK(output.write("again\n", in_time) == 0);
  CHECK(daemon.message().ends_with(" again"));
}
