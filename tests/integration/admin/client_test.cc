#include "lb/admin/client.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <future>
#include <thread>

#include "lb/admin/server.h"
#include "lb/net/mailbox.h"

using weir::admin::Answer;
using weir::admin::Call;
using weir::admin::call;
using weir::admin::listen;
using weir::admin::Request;
using weir::admin::Response;
using weir::admin::Server;
using weir::base::SocketAddress;

namespace {

// A server on a thread of its own, since the client waits.
class BackgroundServer {
 public:
  BackgroundServer(const std::string& bind, Answer answer) {
    std::promise<void> ready;
    thread_ = std::thread([this, bind, answer, &ready] {
      const weir::base::SystemClock clock;
      weir::net::Loop loop(clock);
      weir::net::Mailbox mailbox(loop);
      weir::wire::Context context(loop);
      Server server(context, std::move(listen(SocketAddress::parse(bind).value()).value()), answer);
      address_ = server.address();
      loop_ = &loop;
      mailbox_ = &mailbox;
      ready.set_value();
      loop.run();
    });
    ready.get_future().wait();
  }
  ~BackgroundServer() {
    mailbox_->post([loop = loop_] { loop->stop(); });
    thread_.join();
  }
  BackgroundServer(const BackgroundServer&) = delete;
  BackgroundServer& operator=(const BackgroundServer&) = delete;

  const SocketAddress& address() const { return address_; }

 private:
  std::thread thread_;
  SocketAddress address_;
  weir::net::Loop* loop_ = nullptr;
  weir::net::Mailbox* mailbox_ = nullptr;
};

Response describe(const Request& request) {
  const auto authorization = request.head.fields.find(weir::http::FieldId::authorization);
  std::string body = fmt::format("{} {} {} {}", request.head.method_text(), request.head.target(),
                                 request.head.authority(), authorization.value_or("-"));
  if (!request.body.empty()) body += fmt::format(" {}", request.body);
  if (request.path() == "/large") body = std::string(3'000'000, 'x');
  return {request.path() == "/missing" ? 404U : 200U, "text/plain", std::move(body), {}};
}

Call call_to(const std::string& address, const std::string& path) {
  Call result;
  result.address = address;
  result.path = path;
  return result;
}

}  // namespace

TEST_CASE("a call brings back the status and the body, whatever they are") {
  const BackgroundServer server("127.0.0.1:0", describe);
  const std::string address = server.address().to_string();
  const auto reply = call(call_to(address, "/api?x=1"));
  REQUIRE(reply.has_value());
  CHECK(reply->status == 200);
  CHECK(reply->body == "GET /api?x=1 " + address + " -");
  CHECK(call(call_to(address, "/missing"))->status == 404);
  CHECK(call(call_to(address, "/large"))->body.size() == 3'000'000);
}

TEST_CASE("a call takes its token along") {
  const BackgroundServer server("127.0.0.1:0", describe);
  Call with_token = call_to(server.address().to_string(), "/");
  with_token.token = "abcdefgh";
  CHECK(call(with_token)->body.ends_with("Bearer abcdefgh"));
}

TEST_CASE("a call takes its body and its fields along") {
  const BackgroundServer server("127.0.0.1:0", describe);
  Call with_body = call_to(server.address().to_string(), "/");
  with_body.method = "PUT";
  with_body.body = R"({"weight": 1})";
  CHECK(call(with_body)->body.ends_with(R"( - {"weight": 1})"));
}

TEST_CASE("an answer that goes on is followed until it ends") {
  class Three final : public weir::admin::Source {
   public:
    std::optional<std::string> next(weir::base::Instant now) override {
      due_ = now;
      return told_ == 3 ? std::nullopt : std::optional(fmt::format("{}\n", ++told_));
    }
    weir::base::Instant due() const override { return due_; }

   private:
    int told_ = 0;
    weir::base::Instant due_{};
  };
  const BackgroundServer server("127.0.0.1:0", [](const Request& request) {
    if (request.path() == "/missing") return weir::admin::problem(404, "nothing there");
    Response response{200, "text/plain", {}, {}};
    response.source = std::make_unique<Three>();
    return response;
  });
  std::string told;
  const auto each = [&told](std::string_view piece) { told += piece; };
  const auto reply = weir::admin::follow(call_to(server.address().to_string(), "/"), each);
  REQUIRE(reply.has_value());
  CHECK(reply->status == 200);
  CHECK(told == "1\n2\n3\n");
  const auto missing = weir::admin::follow(call_to(server.address().to_string(), "/missing"), each);
  CHECK(missing->status == 404);
  CHECK(missing->body.find("nothing there") != std::string::npos);
  CHECK(told == "1\n2\n3\n");
}

TEST_CASE("a name is looked up") {
  const BackgroundServer server("127.0.0.1:0", describe);
  const std::string address = fmt::format("localhost:{}", server.address().port());
  CHECK(call(call_to(address, "/"))->body == "GET / " + address + " -");
}

TEST_CASE("a daemon on a unix socket is called by its path") {
  const std::string path =
      (std::filesystem::temp_directory_path() / fmt::format("weir-client-{}.sock", ::getpid())).string();
  {
    const BackgroundServer server("unix:" + path, describe);
    CHECK(call(call_to("unix:" + path, "/"))->body == "GET / localhost -");
  }
  std::filesystem::remove(path);
  CHECK(call(call_to("unix:" + path, "/")).error() ==
        "no weir answers on unix:" + path + ": No such file or directory");
}

TEST_CASE("where nobody answers is said in one line") {
  std::string address;
  {
    const BackgroundServer server("127.0.0.1:0", describe);
    address = server.address().to_string();
  }
  CHECK(call(call_to(address, "/")).error() == "no weir answers on " + address + ": Connection refused");
  CHECK(call(call_to("127.0.0.1:70000", "/")).error() ==
        "--admin 127.0.0.1:70000: port 70000 is not in 1-65535");
  CHECK(call(call_to("nowhere", "/")).error() == "--admin nowhere: expected ADDRESS:PORT");
}

TEST_CASE("a daemon that takes the request and says nothing is given up on") {
  auto silent = weir::net::listen_on(SocketAddress::parse("127.0.0.1:0").value(), 1);
  REQUIRE(silent.has_value());
  Call patient = call_to(silent->address.to_string(), "/");
  patient.timeout = std::chrono::milliseconds(50);
  CHECK(call(patient).error() == patient.address + " does not answer");
}
