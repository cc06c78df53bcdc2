// Reloads that bring DNS names: their targets are there from the first moment.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>

#include "tests/e2e/dns.h"
#include "tests/e2e/reload_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

// `group` is what requests go to, with these targets.
std::string yaml_of(const std::string& resolver, const std::string& group, const std::string& targets) {
  return fmt::format(
      "process: {{ workers: 2, state_dir: off, watch: off, resolvers: [\"{}\"] }}\n"
      "listeners: {{ web: {{ bind: 127.0.0.1:0, forward: {} }} }}\n"
      "target_groups: {{ {}: {{ targets: [{}] }} }}\n",
      resolver, group, group, targets);
}

// Requests one after the other, until it is destroyed.
class Client {
 public:
  Client(const std::string& address, Dns& dns) : address_(address), dns_(dns) {}
  ~Client() { thread_ = {}; }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Nobody learns an address before that many more requests have been answered.
  void hold_names(int requests) {
    release_at_ = answered_ + requests;
    dns_.hold(true);
  }
  int answered() const { return answered_; }
  int failed() const { return failed_; }

 private:
  const std::string address_;
  Dns& dns_;
  std::atomic<int> answered_{0}, failed_{0}, release_at_{0};
  std::jthread thread_{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      ++(fetch(address_, "/name").status == 200 ? answered_ : failed_);
      if (answered_ >= release_at_) dns_.hold(false);
    }
  }};
};

}  // namespace

TEST_CASE("a group that goes over to names, to other names or to another group's is never without a target") {
  const Backend backend("app");
  Dns dns;
  for (const char* const name : {"web.test", "other.test"}) dns.addresses(name, {"127.0.0.1"});
  const auto name = [&](const char* dns_name) {
    return fmt::format("{{ dns: {}, port: {} }}", dns_name, backend.port());
  };
  const std::string address = fmt::format("\"{}\"", backend.address());
  const Daemon weir(yaml_of(dns.address(), "app", address));
  REQUIRE(fetch(weir.address(), "/name").status == 200);
  Client client(weir.address(), dns);
  for (const std::string& yaml :
       {yaml_of(dns.address(), "app", name("web.test")), yaml_of(dns.address(), "app", name("other.test")),
        yaml_of(dns.address(), "renamed", name("other.test")), yaml_of(dns.address(), "app", address)}) {
    client.hold_names(20);
    edit(weir, yaml);
    CHECK(applied(weir)["result"] == "applied");
    const int before = client.answered();
    CHECK(eventually([&] { return client.answered() > before + 20; }));
  }
  CHECK(client.failed() == 0);
}

TEST_CASE("a reload waits for the answers of its names for five seconds at most") {
  const Backend backend("app");
  const DnsServer silent;
  const std::string resolver = silent.address().to_string();
  const Daemon weir(yaml_of(resolver, "app", fmt::format("\"{}\"", backend.address())));
  edit(weir,
       yaml_of(resolver, "app", fmt::format("\"{}\", {{ dns: web.test, port: 1 }}", backend.address())));
  CHECK(applied(weir)["result"] == "applied");
  CHECK(fetch(weir.address(), "/name").status == 200);
}

TEST_CASE("targets that the file names no more stay until the names that take their place have an address") {
  const Backend backend("old");
  const BenchBackend other({"--listen", "127.0.0.2:" + backend.port()});
  Dns dns;
  dns.addresses("web.test", {"127.0.0.2"});
  const Daemon weir(yaml_of(dns.address(), "app", fmt::format("\"{}\"", backend.address())));
  Client client(weir.address(), dns);
  client.hold_names(1'000'000);
  edit(weir, yaml_of(dns.address(), "app", fmt::format("{{ dns: web.test, port: {} }}", backend.port())));
  CHECK(applied(weir)["result"] == "applied");
  CHECK(weir.log().find("targets that the file named before stay until one has: 1") != std::string::npos);
  CHECK(fetch(weir.address(), "/name").body == "old");
  client.hold_names(0);
  CHECK(eventually([&] { return fetch(weir.address(), "/name").body != "old"; }));
  CHECK(client.failed() == 0);
}

TEST_CASE("a drained target stays drained when a name takes it over from the file") {
  const Backend backend("app");
  Dns dns;
  dns.addresses("web.test", {"127.0.0.1", "127.0.0.2"});
  const Daemon weir(yaml_of(dns.address(), "app",
                            fmt::format("\"{}\", \"127.0.0.2:{}\"", backend.address(), backend.port())));
  CHECK(run_weir({"drain", "app", backend.address(), "--admin", weir.admin_address()}).code == 0);
  edit(weir, yaml_of(dns.address(), "app", fmt::format("{{ dns: web.test, port: {} }}", backend.port())));
  CHECK(applied(weir)["result"] == "applied");
  const Json group = weir.status()["target_groups"][0];
  CHECK(group["targets"].size() == 2);
  for (const Json& target : group["targets"]) {
    CAPTURE(target.dump());
    CHECK((target["state"] == "draining") == (target["address"] == backend.address()));
  }
}
