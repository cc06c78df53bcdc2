// A new configuration in the middle of traffic, for one worker.

#include <doctest/doctest.h>

#include "tests/integration/proxy/messages.h"
#include "tests/support/proxy.h"

namespace weir::test {
namespace {

model::Action answer_with(std::uint16_t status) {
  return model::RespondAction{.status = status, .body = "own"};
}

model::Action forward_to(const std::string& group) {
  return model::ForwardAction{.groups = {{.target_group = group}}};
}

}  // namespace

TEST_CASE("a request ends by the configuration that it began with, and the next one goes by the new one") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  proxy.listener_settings().default_action = answer_with(299);
  proxy.reload();
  target->send(kOk);
  CHECK(client->read().status() == 200);
  client->send(kGet);
  CHECK(client->read().status() == 299);
}

TEST_CASE("a configuration that was replaced goes with the last request that began with it") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  proxy.reload();
  proxy.reload();
  proxy.settle();
  CHECK(proxy.disposed() == 1);  // the one in between had no request
  target->send(kOk);
  CHECK(client->read().status() == 200);
  proxy.settle();
  CHECK(proxy.disposed() == 2);
}

TEST_CASE("a tunnel keeps no configuration, and lives on") {
  Proxy proxy({.log = true});
  auto client = proxy.connect();
  client->send("GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  auto target = proxy.accept();
  target->read();
  target->send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  CHECK(client->read().status() == 101);
  proxy.listener_settings().default_action = answer_with(299);
  proxy.reload();
  proxy.settle();
  CHECK(proxy.disposed() == 1);
  client->send("ping");
  CHECK(target->read_bytes(4) == "ping");
  target->send("pong");
  CHECK(client->read_bytes(4) == "pong");
  target->close();
  CHECK(client->wait_gone());
  client->close();
  const auto lines = proxy.stop();
  REQUIRE(lines.size() == 1);
  CHECK(log_field(lines[0], "rule") == "default");
  CHECK(log_field(lines[0], "target_group") == "app");
}

TEST_CASE("other settings of a group keep its connections, and hold for the next request") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send(kGet);
  auto target = proxy.accept();
  CHECK(target->read().field("host") == "a");
  target->send(kOk);
  CHECK(client->read().status() == 200);
  proxy.group_settings().preserve_host = false;
  proxy.reload();
  client->send(kGet);
  CHECK(target->read().field("host") == proxy.target().address().to_string());
  target->send(kOk);
  CHECK(client->read().status() == 200);
}

TEST_CASE("requests that wait for a target wait on through a reload") {
  Proxy proxy;
  proxy.group_settings().targets[0].max_requests = 1;
  auto busy = proxy.connect();
  busy->send(kGet);
  auto target = proxy.accept();
  target->read();
  auto waits = proxy.connect();
  waits->send(kGet);
  proxy.settle();
  proxy.listener_settings().default_action = answer_with(299);
  proxy.reload();
  target->send(kOk);
  CHECK(busy->read().status() == 200);
  proxy.await_request(target);
  target->read();
  target->send(kOk);
  CHECK(waits->read().status() == 200);
}

TEST_CASE("what is in flight in a group that is gone ends well, and the group with it") {
  Proxy proxy;
  auto client = proxy.connect();
  client->send(kGet);
  auto target = proxy.accept();
  target->read();
  model::TargetGroup other = proxy.group_settings();
  other.name = "other";
  const std::weak_ptr<proxy::Group> gone = proxy.engine().group("app");
  proxy.engine().set_group({std::make_shared<const proxy::GroupSettings>(other),
                            std::make_shared<proxy::GroupShared>(1, other), proxy::trusting_view(other, 1)});
  model::Listener moved = proxy.listener_settings();
  moved.default_action = forward_to("other");
  proxy.listener().update(proxy.engine().view_of(proxy.settings_of(moved)));
  proxy.engine().remove_group("app");
  proxy.settle();
  CHECK_FALSE(gone.expired());
  target->send(kOk);
  CHECK(client->read().status() == 200);
  proxy.settle();
  CHECK(gone.expired());
  client->send(kGet);
  auto next = proxy.accept();
  next->read();
  next->send(kOk);
  CHECK(client->read().status() == 200);
}

TEST_CASE("who is trusted is asked again after a reload, of connections that are open too") {
  Proxy proxy;
  auto client = proxy.connect();
  std::unique_ptr<Peer> target;
  for (const bool trusted : {false, true, false}) {
    auto& trust = proxy.listener_settings().forwarded.trust;
    trust.clear();
    if (trusted) trust.push_back(*base::Cidr::parse("127.0.0.0/8"));
    proxy.reload();
    client->send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n");
    proxy.await_request(target);
    CHECK((target->read().field("x-forwarded-for") == "192.0.2.1, 127.0.0.1") == trusted);
    target->send(kOk);
    CHECK(client->read().status() == 200);
  }
}

TEST_CASE("a socket that is removed accepts what waits, and its clients leave in their own time") {
  Proxy proxy;
  auto stays = proxy.connect();
  stays->send(kGet);
  auto target = proxy.accept();
  target->read();
  auto waits = proxy.connect();  // in the kernel's queue still
  waits->send(kGet);
  proxy.listener().remove_socket(0, seconds(2));
  proxy.settle();
  CHECK(proxy.listener().connections() == 2);
  target->send(kOk);
  const Message last = stays->read();
  CHECK(last.status() == 200);
  CHECK(last.field("connection") == "close");
  proxy.await_request(target);
  target->read();
  target->send(kOk);
  CHECK(waits->read().status() == 200);
  CHECK(waits->wait_gone());
}

TEST_CASE("a socket that is removed takes what waits there over the limit of connections, too") {
  Proxy proxy({.max_connections = 1});
  auto inside = proxy.connect();
  inside->send(kGet);
  std::unique_ptr<Peer> target;
  proxy.await_request(target);
  target->read();
  std::vector<std::unique_ptr<Peer>> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(proxy.connect());
  proxy.listener().remove_socket(0, seconds(2));
  CHECK(proxy.listener().connections() == 4);
  target->send(kOk);
  CHECK(inside->read().status() == 200);
  for (const auto& client : waiting) {
    client->send(kGet);
    proxy.await_request(target);
    target->read();
    target->send(kOk);
    CHECK(client->read().status() == 200);
  }
}

}  // namespace weir::test
