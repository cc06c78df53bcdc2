// config/examples do what they say.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <set>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"
#include "tests/support/certificates.h"

using namespace weir::e2e;

namespace {

using Changes = std::vector<std::pair<std::string, std::string>>;

void replace(std::string& text, std::string_view from, const std::string& to) {
  REQUIRE_MESSAGE(text.find(from) != std::string::npos, from);
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

std::string file_of(const std::string& name) { return source("config/examples/" + name + ".yaml"); }

// An example on ports that are free. The servers that it names, at 127.0.0.1:9001 and so on, are there, and
// say their port under the path /name.
class Example {
 public:
  explicit Example(const std::string& name, const Changes& changes = {}, std::string listener = "web")
      : weir_(adapted(name, changes)), listener_(std::move(listener)) {}

  Answer send(std::string_view method, std::string_view target, std::string_view fields = {},
              const std::string& from = "127.0.0.1") const {
    Connection client(weir_.address(listener_), {.from = from});
    const bool has_host = fields.starts_with("Host:");
    client.send(fmt::format("{} {} HTTP/1.1\r\n{}{}Connection: close\r\n\r\n", method, target,
                            has_host ? "" : "Host: shop.example.com\r\n", fields));
    return client.answer(method);
  }
  std::string address(const std::string& listener = "web") const { return weir_.address(listener); }
  Answer get(std::string_view target, std::string_view fields = {},
             const std::string& from = "127.0.0.1") const {
    return send("GET", target, fields, from);
  }

 private:
  std::string adapted(const std::string& name, const Changes& changes) const {
    std::string yaml = "process: { state_dir: \"{dir}/state\" }\n" + read_file(file_of(name));
    const std::size_t bind = yaml.find("bind: 0.0.0.0:");
    REQUIRE(bind != std::string::npos);
    yaml.replace(bind, yaml.find('\n', bind) - bind, "bind: 127.0.0.1:0");
    for (const auto& [from, to] : changes) replace(yaml, from, to);
    for (const auto& [address, server] : servers_) {
      if (yaml.find(address) != std::string::npos) replace(yaml, address, server->address());
    }
    return yaml;
  }

  static std::pair<const std::string, std::unique_ptr<Backend>> server(const std::string& port) {
    return {"127.0.0.1:" + port, std::make_unique<Backend>(port)};
  }
  static std::map<std::string, std::unique_ptr<Backend>> servers() {
    std::map<std::string, std::unique_ptr<Backend>> result;
    for (const char* const port : {"9001", "9002", "9003", "9004"}) result.insert(server(port));
    return result;
  }

  const std::map<std::string, std::unique_ptr<Backend>> servers_ = servers();
  Daemon weir_;
  const std::string listener_;
};

// Sends the cookies that it was given.
class Browser {
 public:
  explicit Browser(const Example& site) : site_(site) {}

  std::string get(std::string_view target) {
    std::string cookies;
    for (const auto& [name, value] : cookies_)
      cookies += fmt::format("{}{}={}", cookies.empty() ? "Cookie: " : "; ", name, value);
    const Answer answer = site_.get(target, cookies.empty() ? "" : cookies + "\r\n");
    CHECK(answer.status == 200);
    for (std::string line : lines_of(answer.head + "\n")) take(line.substr(0, line.find('\r')));
    return answer.body;
  }
  bool has(const std::string& cookie) const { return cookies_.contains(cookie); }

 private:
  void take(const std::string& line) {
    constexpr std::string_view kField = "Set-Cookie: ";
    if (!line.starts_with(kField)) return;
    const std::string pair = line.substr(kField.size(), line.find(';') - kField.size());
    cookies_[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
  }

  const Example& site_;
  std::map<std::string, std::string> cookies_;
};

std::set<std::string> names(Browser& browser, const std::string& target, int requests) {
  std::set<std::string> result;
  for (int i = 0; i < requests; ++i) result.insert(browser.get(target));
  return result;
}

}  // namespace

TEST_CASE("weir check takes each example from any directory without a remark") {
  const TemporaryDirectory elsewhere;
  const TemporaryDirectory copies;  // where the site over https has its certificate
  std::filesystem::copy(source("config/examples"), copies.path());
  const CertificateFiles pair = write(copies, "weir", self_signed());
  std::filesystem::permissions(pair.key, std::filesystem::perms::owner_read);
  std::size_t examples = 0;
  for (const auto& entry : std::filesystem::directory_iterator(copies.path())) {
    if (entry.path().extension() != ".yaml") continue;
    ++examples;
    Command check = command({"check", "-c", entry.path().string()});
    check.directory = elsewhere.path();
    const Finished finished = run(check);
    INFO(finished.out << finished.err);
    CHECK(finished.code == 0);
    CHECK((finished.out + finished.err).find("warning") == std::string::npos);
  }
  CHECK(examples >= 6);
}

TEST_CASE("the canary gets those who ask for it and a tenth of the others") {
  const Example site("canary");
  std::map<std::string, int> answers;
  for (int i = 0; i < 20; ++i) CHECK(site.get("/name", "X-Canary: always\r\n").body == "9003");
  for (int i = 0; i < 300; ++i) ++answers[site.get("/name").body];
  CHECK(answers["9001"] + answers["9002"] + answers["9003"] == 300);
  CHECK(answers["9001"] > 80);
  CHECK(answers["9002"] > 80);
  CHECK(answers["9003"] > 3);
  CHECK(answers["9003"] < 75);
}

TEST_CASE("who has seen the canary stays with it, and who has seen the stable version too") {
  const Example site("canary", {{"stable: 90, canary: 10", "stable: 50, canary: 50"}});
  std::set<bool> versions;
  for (int i = 0; i < 20; ++i) {
    Browser browser(site);
    const bool canary = browser.get("/name") == "9003";
    versions.insert(canary);
    for (int j = 0; j < 10; ++j) CHECK((browser.get("/name") == "9003") == canary);
  }
  CHECK(versions.size() == 2);
}

TEST_CASE("each service of the microservices gets its part of the paths") {
  const Example site("microservices", {{"10.0.0.0/8", "127.0.0.2/32"}, {"10.1.2.3", "127.0.0.2"}});
  CHECK(site.get("/name").body == "9001");
  CHECK(site.get("/api/orders/name").body == "9002");
  CHECK(site.get("/api/orders/7?a=b").body == "/7?a=b");
  CHECK(site.get("/api/orders").body == "/");
  CHECK(site.get("/api/orders/head").body.find("x-forwarded-prefix: /api/orders\n") != std::string::npos);
  for (const char* const method : {"GET", "PUT", "DELETE"})
    CHECK(site.send(method, "/api/users/name").body == "9003");
  const Answer none = site.get("/api/orderservice");
  CHECK(none.status == 404);
  CHECK(none.field("Content-Type") == "application/json");
  CHECK(none.body == R"({"error":"no such service"})");
}

TEST_CASE("no spelling of a path leads around a rule of the microservices") {
  const Example site("microservices");
  for (const char* const path : {"/api/%6frders/name", "//api/orders/name", "/x/../api/orders/name",
                                 "/api%2Forders/name", "/api/./orders/name"}) {
    CAPTURE(path);
    CHECK(site.get(path).body == "9002");
  }
  CHECK(site.get("/api/x/..;a=b/orders/name").status == 400);
}

TEST_CASE("the microservices show their admin pages to the office only") {
  const Example site("microservices", {{"10.0.0.0/8", "127.0.0.2/32"}, {"10.1.2.3", "127.0.0.2"}});
  CHECK(site.get("/name", "Host: admin.example.com\r\n", "127.0.0.2").body == "9004");
  CHECK(site.get("/name", "Host: ADMIN.example.com:80\r\n", "127.0.0.2").body == "9004");
  const Answer refused = site.get("/name", "Host: admin.example.com\r\n");
  CHECK(refused.status == 403);
  CHECK(refused.body == "from the office only\n");
}

TEST_CASE("during maintenance the office sees the shop and all others a page") {
  const Example site("maintenance", {{"192.0.2.0/24", "127.0.0.2/32"},
                                     {"192.0.2.44", "127.0.0.2"},
                                     {"maintenance.html", source("config/examples/maintenance.html")}});
  const Answer page = site.get("/basket");
  CHECK(page.status == 503);
  CHECK(page.field("Retry-After") == "600");
  CHECK(page.field("Cache-Control") == "no-store");
  CHECK(page.field("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.body == read_file(source("config/examples/maintenance.html")));
  const Answer office = site.get("/basket", {}, "127.0.0.2");
  CHECK(office.status == 200);
  CHECK(office.body == "/basket");
}

TEST_CASE("http is sent to https, but for the challenges of a certificate authority") {
  const Example site("https-redirect", {}, "plain");
  const auto location = [&](std::string_view method, std::string_view target, std::string_view fields = {}) {
    const Answer answer = site.send(method, target, fields);
    CHECK(answer.status == 308);
    return answer.field("Location");
  };
  CHECK(location("GET", "/a?b=c") == "https://shop.example.com/a?b=c");
  CHECK(location("POST", "/a%20b") == "https://shop.example.com/a%20b");
  CHECK(location("GET", "/", "Host: other.example.com:80\r\n") == "https://other.example.com/");
  CHECK(location("GET", "/.well-known/acme-challenge/../../a") ==
        "https://shop.example.com/.well-known/acme-challenge/../../a");
  const Answer challenge = site.get("/.well-known/acme-challenge/t0ken");
  CHECK(challenge.status == 200);
  CHECK(challenge.body == "/.well-known/acme-challenge/t0ken");
}

TEST_CASE("the site over https speaks HTTP/2 and HTTP/1.1, and sends http there") {
  const TemporaryDirectory files;
  const CertificateFiles pair = write(files, "weir", self_signed({.names = {"localhost", "127.0.0.1"}}));
  const Example site(
      "https", {{"weir.pem", pair.certificate}, {"weir.key", pair.key}, {"0.0.0.0:8080", "127.0.0.1:0"}});
  const auto curl = [&](const std::string& version) {
    return run({"curl", "-s", version, "--cacert", pair.certificate, "-w", " %{http_version} %{scheme}",
                "https://" + site.address() + "/basket"})
        .out;
  };
  CHECK(curl("--http2") == "/basket 2 HTTPS");
  CHECK(curl("--http1.1") == "/basket 1.1 HTTPS");
  const Answer plain = fetch(site.address("plain"), "/a?b=c");
  CHECK(plain.status == 308);
  CHECK(plain.field("Location").starts_with("https://"));
  CHECK(plain.field("Location").ends_with(":8443/a?b=c"));
}

TEST_CASE("a client of the sticky shop stays with the server that has its basket") {
  const Example site("sticky-shop");
  std::set<std::string> servers;
  for (int i = 0; i < 20; ++i) {
    Browser browser(site);
    const std::set<std::string> its = names(browser, "/name", 10);
    CHECK(its.size() == 1);
    CHECK(browser.has("WEIRLB"));
    servers.insert(its.begin(), its.end());
  }
  CHECK(servers == std::set<std::string>{"9001", "9002"});
}

TEST_CASE("a client of the sticky shop's legacy part stays once it has signed in") {
  const Example site("sticky-shop");
  Browser browser(site);
  CHECK(names(browser, "/account/name", 40) == std::set<std::string>{"9003", "9004"});
  CHECK_FALSE(browser.has("WEIRACCOUNT"));
  const std::string server = browser.get("/account/name?set-cookie=JSESSIONID=1");
  CHECK(browser.has("WEIRACCOUNT"));
  CHECK(names(browser, "/account/name", 20) == std::set<std::string>{server});
  CHECK(names(browser, "/name", 10).size() == 1);
}
