// What the access log writes, how and where: formats, syslog, selection, redaction, and all of it at a
// reload.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

#include "lb/base/address.h"
#include "tests/e2e/reload_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;
namespace base = weir::base;

namespace {

// A syslog daemon.
class Syslog {
 public:
  explicit Syslog(const base::SocketAddress& address)
      : socket_(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage native{};
    const socklen_t length = address.to_native(native);
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&native), length) == 0);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Syslog() { ::close(socket_); }
  Syslog(const Syslog&) = delete;
  Syslog& operator=(const Syslog&) = delete;

  std::string address() const {
    sockaddr_storage native{};
    socklen_t length = sizeof native;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&native), &length);
    return base::SocketAddress::from_native(native, length).to_string();
  }
  // Waits for one.
  std::string message() const { return receive(0); }
  // One that has come; empty: none has.
  std::string waiting() const { return receive(MSG_DONTWAIT); }

 private:
  std::string receive(int flags) const {
    std::string bytes(65536, ' ');
    const long size = ::recv(socket_, bytes.data(), bytes.size(), flags);
    bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return bytes;
  }

  int socket_;
};

// A listener that forwards to the backend, with this log.
std::string logging(const std::string& log, const Backend& backend) {
  return "process: { watch: off, workers: 2 }\nlog: " + log + "\n" + web_to(backend.address());
}

std::string request(const std::string& target, const std::string& fields = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: a.example\r\n" + fields + "Connection: close\r\n\r\n";
}

int status_of(const Daemon& weir, const std::string& bytes) {
  Connection client(weir.address());
  client.send(bytes);
  return client.answer().status;
}

// The lines of the log on stdout, once there are so many; none comes behind them.
std::vector<std::string> lines(Daemon& weir, std::size_t count) {
  CHECK(eventually([&] { return lines_of(weir.process().out()).size() >= count; }));
  CHECK(weir.stop() == 0);
  const auto found = lines_of(weir.process().out());
  CHECK(found.size() == count);
  return found;
}

bool has_control(const std::string& line) {
  return std::ranges::any_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Fields as a reader of ALB's logs splits them.
std::size_t alb_fields(const std::string& line) {
  bool quoted = false;
  return 1 + static_cast<std::size_t>(std::ranges::count_if(line, [&](char c) {
           if (c == '"') quoted = !quoted;
           return c == ' ' && !quoted;
         }));
}

constexpr std::size_t kAlbFields = 33;

}  // namespace

TEST_CASE("lines go to a syslog as messages of RFC 5424, and its restart is survived") {
  const Backend backend;
  const TemporaryDirectory directory;
  const std::string path = directory.path("log");
  auto address = base::SocketAddress::unix_path(path);
  SUBCASE("over a unix socket") {}
  SUBCASE("over UDP") { address = *base::SocketAddress::parse("127.0.0.1:0"); }
  auto syslog = std::make_unique<Syslog>(address);
  if (!address.is_unix()) address = *base::SocketAddress::parse(syslog->address());
  Daemon weir(logging(
      fmt::format("{{ access: {{ output: \"syslog:{}\", format: '{{method}} {{url}} {{status}}' }} }}",
                  address.to_string()),
      backend));
  CHECK(status_of(weir, request("/one")) == 200);
  const std::string message = syslog->message();
  INFO(message);
  CHECK(message.starts_with("<134>1 20"));
  CHECK(message.find(fmt::format(" weir {} access - GET http://a.example:", weir.process().pid())) !=
        std::string::npos);
  CHECK(message.ends_with("/one 200"));

  syslog.reset();
  CHECK(status_of(weir, request("/lost")) == 200);
  CHECK(status_of(weir, request("/lost")) == 200);
  if (address.is_unix()) {
    CHECK(eventually([&] { return weir.status()["access_log_dropped"] >= 1; }));
    CHECK(eventually([&] { return weir.log().find("cannot write to syslog:") != std::string::npos; }));
    ::unlink(path.c_str());
  }
  syslog = std::make_unique<Syslog>(address);
  weir.process().signal(SIGUSR1);
  // What is on its way while the log connects again may still be lost; from then on nothing is.
  CHECK(eventually([&] {
    CHECK(status_of(weir, request("/two")) == 200);
    return syslog->waiting().ends_with("/two 200");
  }));
  CHECK(status_of(weir, request("/three")) == 200);
  std::string last = syslog->message();
  while (!last.empty() && !last.ends_with("/three 200")) last = syslog->message();
  CHECK(last.ends_with("/three 200"));
}

TEST_CASE("a reload under load changes output and format, and every exchange is one line in one of them") {
  const Backend backend;
  const std::string json = "{ access: { output: \"{dir}/json.log\" } }";
  const std::string text = "{ access: { output: \"{dir}/text.log\", format: 'T {url} {status}' } }";
  Daemon weir(logging(json, backend));
  std::atomic<bool> stop = false;
  std::atomic<int> requests = 0;
  std::vector<std::thread> clients;
  clients.reserve(4);
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      Connection client(weir.address());
      while (!stop) {
        client.send(fmt::format("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", requests++));
        if (client.answer().status != 200) throw std::runtime_error("not served");
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    edit(weir, logging(i % 2 == 0 ? text : json, backend));
    const Json report = applied(weir);
    CHECK(report["result"] == "applied");
    if (i == 0) CHECK(report.dump().find("access.format") != std::string::npos);
    const int before = requests;
    CHECK(eventually([&] { return requests >= before + 20; }));
  }
  stop = true;
  for (std::thread& client : clients) client.join();
  CHECK(weir.stop() == 0);
  const auto json_log = lines_of(read_file(weir.directory().path("json.log")));
  const auto text_log = lines_of(read_file(weir.directory().path("text.log")));
  CHECK(std::ranges::all_of(json_log, [](const std::string& line) { return Json::accept(line); }));
  CHECK(
      std::ranges::all_of(text_log, [](const std::string& line) { return line.starts_with("T http://a:"); }));
  CHECK(json_log.size() > 0);
  CHECK(text_log.size() > 0);
  CHECK(json_log.size() + text_log.size() == static_cast<std::size_t>(requests.load()));
}

TEST_CASE("what a client sends neither ends a line nor begins a field, in no format") {
  const Backend backend;
  std::string format, quotes;
  SUBCASE("json") { format = "json"; }
  SUBCASE("alb") { format = "alb"; }
  SUBCASE("a template") { format = "'\"{url}\" \"{user_agent}\" \"{header:X-Odd}\" \"{method}\"'"; }
  Daemon weir(logging("{ access: { format: " + format + " } }", backend));
  const std::string odd = "a\" 200 \"\\ \xff\xfe\xc3\x28 \t{client} %n$s \xe2\x82\xac";
  CHECK(status_of(weir, request("/", "User-Agent: " + odd + "\r\nX-Odd: " + odd + "\r\n")) == 200);
  CHECK(status_of(weir, request("/\"%22<script>", "X-Odd: \"\r\n")) > 0);
  CHECK(status_of(weir, request("/\xff\x01\x0b")) == 400);
  CHECK(status_of(weir, "GET /\"\r\x0b HTTP/1.1\r\nHost: \"\r\n\r\n") == 400);
  CHECK(status_of(weir, "G\"T /\n") == 400);
  CHECK(status_of(weir, request("/",
                                "X-Odd: a\x01"
                                "b\r\n")) == 400);
  for (const std::string& line : lines(weir, 6)) {
    CAPTURE(line);
    CHECK_FALSE(has_control(line));
    if (format == "json") CHECK(Json::accept(line));
    if (format == "alb") CHECK(alb_fields(line) == kAlbFields);
    if (format.starts_with("'")) CHECK(std::ranges::count(line, '"') == 8);
  }
}

TEST_CASE("an exchange in ALB's format has its rule, action and redirect") {
  const Backend backend;
  Daemon weir(  // one worker: the lines of several come in any order
      "process: { workers: 1 }\n"
      "log: { access: { format: alb } }\n"
      "listeners:\n  web:\n    bind: 127.0.0.1:0\n    forward: app\n    rules:\n"
      "      - { match: { path: /old }, redirect: { path: /new } }\n"
      "      - { match: { path: /no }, respond: { status: 403 } }\n"
      "target_groups: { app: { targets: [\"" +
      backend.address() + "\"] } }\n");
  CHECK(status_of(weir, request("/old?a=1")) == 302);
  CHECK(status_of(weir, request("/no")) == 403);
  CHECK(status_of(weir, request("/")) == 200);
  const auto found = lines(weir, 3);
  const auto has = [&](std::size_t line, const std::string& text) {
    CAPTURE(found.at(line));
    CHECK(found.at(line).find(text) != std::string::npos);
  };
  has(0, " \"redirect\" \"http://a.example/new?a=1\" \"-\" \"-\" \"-\" ");
  has(0, "\"-\" \"-\" 1 20");
  has(1, "\"-\" \"-\" 2 20");
  has(1, " -1 -1 -1 403 - ");
  has(1, " \"fixed-response\" ");
  has(2, "\"-\" \"-\" 0 20");
  has(2, " \"forward\" \"-\" \"-\" \"" + backend.address() + "\" \"200\" ");
  for (const std::string& line : found) CHECK(alb_fields(line) == kAlbFields);
}

TEST_CASE("errors alone, a sample, and what is redacted") {
  const Backend backend;
  const std::string secrets =
      "Authorization: Bearer s3cret\r\nCookie: id=s3cret\r\nX-Key: s3cret\r\nReferer: "
      "http://b/?key=s3cret\r\n";
  Daemon weir(logging("{ access: { only: errors }, redact: [key, x-key] }", backend));
  for (int i = 0; i < 20; ++i) CHECK(status_of(weir, request("/")) == 200);
  CHECK(status_of(weir, request("/?a=1&key=s3cret", secrets + "Transfer-Encoding: gzip\r\n")) >= 400);
  CHECK(weir.access_log(1).size() == 1);
  edit(weir, logging("{ access: { sample: 0.001%, format: '{url} {header:x-key} {header:referer}' }, "
                     "redact: [key, x-key] }",
                     backend));
  CHECK(applied(weir)["result"] == "applied");
  for (int i = 0; i < 20; ++i) CHECK(status_of(weir, request("/")) == 200);
  CHECK(status_of(weir, request("/?%6bey=s3cret", secrets + "Transfer-Encoding: gzip\r\n")) >= 400);
  const auto found = lines(weir, 2);
  for (const std::string& line : found) CHECK(line.find("s3cret") == std::string::npos);
  CHECK(found.at(0).find("/?a=1&key=REDACTED\"") != std::string::npos);
  CHECK(found.at(1).ends_with("/?%6bey=REDACTED REDACTED http://b/?key=REDACTED"));
}

TEST_CASE("each event is a line with its fields, and counted") {
  const Backend backend;
  Daemon weir(logging("{ access: { output: off } }", backend));
  edit(weir, logging("{ access: { output: stderr } }", backend));
  CHECK(applied(weir)["result"] == "applied");
  edit(weir, "listeners: 1\n");
  CHECK(reload(weir).status == 422);
  CHECK(weir.log().find(" event=reload to=applied reason=\"a command\"") != std::string::npos);
  CHECK(weir.log().find(" event=reload to=refused reason=\"a command\"") != std::string::npos);
  CHECK(metric(weir, "weir_events_total{kind=\"reload\"}") == 2);
  CHECK(metric(weir, "weir_events_total{kind=\"upgrade\"}") == 0);
}
