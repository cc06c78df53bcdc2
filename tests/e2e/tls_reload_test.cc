// Certificates that change while clients are there.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "tests/e2e/reload_scene.h"
#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

namespace fs = std::filesystem;

double reloads_with(const Daemon& weir, const std::string& result) {
  return metric(weir, fmt::format("weir_config_reloads_total{{result=\"{}\"}}", result));
}

std::string served(const Daemon& weir) { return TlsClient(weir.address()).serial(); }

bool comes_to_serve(const Daemon& weir, const std::string& serial) {
  return eventually([&] { return served(weir) == serial; });
}

// The whole of what /bytes/... sends, from where it has come to.
bool arrives_whole(TlsClient& client, std::string got, std::size_t length) {
  while (got.find("\r\n\r\n") == std::string::npos) got += client.receive();
  got.erase(0, got.find("\r\n\r\n") + 4);
  while (got.size() < length) {
    const std::string more = client.receive();
    if (more.empty()) return false;
    got += more;
  }
  return got == pattern(0, length);
}

// Clients that come, look at the certificate, get an answer and go, until they are asked for what they have
// met. Each second one resumes the session of the one before.
class Crowd {
 public:
  Crowd(const Daemon& weir, const Certificates& certificates) {
    for (int i = 0; i < 4; ++i) {
      clients_.emplace_back([this, address = weir.address(), authority = certificates.authority()] {
        while (!over_) come(address, {.authority = authority});
      });
    }
  }
  ~Crowd() { end(); }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  int served() const { return served_; }
  std::vector<std::string> failures() {
    end();
    return failures_;
  }

 private:
  void come(const std::string& address, TlsOffer offer) {
    for (int i = 0; i < 2; ++i) {
      try {
        TlsClient client(address, offer);
        if (client.get("/name").body != "backend") throw std::runtime_error("a wrong answer");
        offer.session = client.session();
        ++served_;
      } catch (const std::exception& error) {
        const std::lock_guard lock(mutex_);
        failures_.emplace_back(error.what());
      }
    }
  }
  void end() {
    over_ = true;
    for (std::thread& client : clients_) client.join();
    clients_.clear();
  }

  std::atomic<bool> over_{false};
  std::atomic<int> served_{0};
  std::mutex mutex_;
  std::vector<std::string> failures_;  // guarded by mutex_ until the end
  std::vector<std::thread> clients_;
};

// A pair under /live, which is a link to a directory of its own for each one, as certbot has it.
void link(const Certificates& certificates, const Certificate& certificate, int number) {
  const fs::path directory = certificates.path(fmt::format("pair-{}", number));
  fs::create_directory(directory);
  write_file(directory / "a.pem", certificate.certificate);
  write_file(directory / "a.key", certificate.key);
  const fs::path live = certificates.path("live"), next = certificates.path("next");
  fs::create_directory_symlink(directory, next);
  fs::rename(next, live);
}

}  // namespace

TEST_CASE("a certificate that changes on disk is served to new clients, and what is open goes on") {
  constexpr std::size_t kLength = 20'000'000;
  const Backend backend;
  const Certificates certificates;
  const std::string before = certificates.issue("a").serial;
  Daemon weir(https_to(backend.address(), certificates_of(certificates.item("a"))));
  CHECK(served(weir) == before);
  TlsClient kept(weir.address(), {.authority = certificates.authority()});
  CHECK(kept.get("/name").body == "backend");
  TlsClient download(Connection(weir.address(), {.receive_buffer = 65536}), {});
  download.send(fmt::format("GET /bytes/{} HTTP/1.1\r\nHost: localhost\r\n\r\n", kLength));
  const std::string begun = download.receive();

  const std::string after = certificates.issue("a").serial;
  CHECK(comes_to_serve(weir, after));
  CHECK(reloads_with(weir, "applied") == 1);
  CHECK(times_logged(weir, "listener web: tls.certificates[0].cert: what is in ") == 1);
  CHECK(kept.get("/name").body == "backend");
  CHECK(kept.serial() == before);
  CHECK(arrives_whole(download, begun, kLength));
}

TEST_CASE("rotations under load fail no handshake") {
  constexpr int kRotations = 6;
  const Backend backend;
  const Certificates certificates;
  bool linked = false;
  SUBCASE("of files that are written anew") {}
  SUBCASE("of a link to a directory") { linked = true; }
  const auto rotate = [&](int number) {
    const Certificate next = certificates.issuer().issue();
    if (linked) {
      link(certificates, next, number);
    } else {
      certificates.write("a", next);
    }
    return next.serial;
  };
  rotate(0);
  Daemon weir("process: { workers: 2 }\nlog: { access: { output: off } }\n" +
              https_to(backend.address(), certificates_of(certificates.item(linked ? "live/a" : "a"))));
  Crowd crowd(weir, certificates);
  for (int i = 1; i <= kRotations; ++i) {
    const int before = crowd.served();
    CHECK(comes_to_serve(weir, rotate(i)));
    CHECK(eventually([&] { return crowd.served() > before; }));
  }
  CHECK(crowd.failures() == std::vector<std::string>{});
  CHECK(reloads_with(weir, "applied") == kRotations);
  const Metrics metrics(weir);
  CHECK(metrics.sum("weir_tls_handshakes_total") == handshakes(weir, "full") + handshakes(weir, "resumed"));
  CHECK(handshakes(weir, "resumed") > 0);
}

TEST_CASE("a bad new pair is refused with its file and its place, and the old one stays") {
  const Backend backend;
  const Certificates certificates;
  const Certificate good = certificates.issue("a");
  const std::string yaml =
      "process: { watch: off }\n" + https_to(backend.address(), certificates_of(certificates.item("a")));
  Daemon weir(yaml);
  std::string file = "a.pem", what;
  SUBCASE("the key of another one") {
    file = "a.key";
    certificates.write("a.key", certificates.issuer().issue().key);
    what = "its private key does not belong to";
  }
  SUBCASE("half a file") {
    certificates.write("a.pem", good.certificate.substr(0, good.certificate.size() / 4));
    what = "its certificate 1 cannot be read";
  }
  SUBCASE("an empty file") {
    file = "a.key";
    certificates.write("a.key", "");
    what = "it holds no private key";
  }
  SUBCASE("one that has expired") {
    certificates.issue("a", {.not_after = -std::chrono::hours(1)});
    what = "expired at";
  }
  SUBCASE("none at all") {
    fs::remove(certificates.path("a.pem"));
    what = "cannot read";
  }
  const Answer answer = reload(weir);
  INFO(answer.body);
  CHECK(answer.status == 422);
  CHECK(has(answer.body, what));
  CHECK(has(answer.body, certificates.path(file)));
  CHECK(has(answer.body, file == "a.pem" ? "listeners.web.tls.certificates[0].cert"
                                         : "listeners.web.tls.certificates[0].key"));
  CHECK(times_logged(weir, "weir.yaml:") >= 1);
  CHECK(times_logged(weir, what) >= 1);
  CHECK(reloads_with(weir, "refused") == 1);
  CHECK(metric(weir, "weir_config_last_reload_success") == 0);
  CHECK(weir.status()["config"]["last_reload_succeeded"] == false);
  CHECK(has(run_weir({"status", "--admin", weir.admin_address()}).out, "the last reload was refused"));
  CHECK(ask(weir, certificates).body == "backend");
  CHECK(served(weir) == good.serial);

  certificates.write("a", good);
  CHECK(applied(weir)["result"] == "unchanged");
  CHECK(metric(weir, "weir_config_last_reload_success") == 1);
  const std::string next = certificates.issue("a").serial;
  CHECK(applied(weir)["result"] == "applied");
  CHECK(served(weir) == next);
}

TEST_CASE("the report of a reload names the files that have changed, and no others") {
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  certificates.issue("b", {.names = {"b.test"}});
  Daemon weir("process: { watch: off }\n" +
              https_to(backend.address(), fmt::format("certificates: [ {}, {} ]", certificates.item("a"),
                                                      certificates.item("b"))));
  CHECK(applied(weir)["result"] == "unchanged");
  const std::string next = certificates.issue("b", {.names = {"b.test"}}).serial;
  const Json report = applied(weir);
  CHECK(report["result"] == "applied");
  const std::string text = report.dump();
  INFO(text);
  CHECK(has(text, "tls.certificates[1].cert: what is in " + certificates.path("b.pem") + " has changed"));
  CHECK(has(text, "tls.certificates[1].key: what is in " + certificates.path("b.key") + " has changed"));
  CHECK(!has(text, "tls.certificates[0]"));
  CHECK(TlsClient(weir.address(), {.server_name = "b.test"}).serial() == next);
}
