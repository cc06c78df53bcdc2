#include <nlohmann/json.hpp>

#include "config/effective.h"
#include "config/plan.h"
#include "config/plan_text.h"
#include "tests/unit/config/support.h"

// The keys of listeners that have to do with TLS, HTTP/2 and the PROXY protocol.
namespace weir::config {
namespace {

using model::Alpn;
using model::ClientAuth;
using model::Listener;

constexpr const char* kCertificate = "certificates: { cert: /a.pem, key: /a.key }";

std::string file_of_listener(const std::string& listener) {
  return "listeners: { web: { bind: 0.0.0.0:8443, forward: app, " + listener + " } }\n" + std::string(kGroup);
}

std::string https(const std::string& tls, const std::string& more = "") {
  return file_of_listener(
      fmt::format("protocol: https, tls: {{ {}{}{} }}{}", kCertificate, tls.empty() ? "" : ", ", tls, more));
}

Listener listener_of(const std::string& text) { return snapshot_of(text).listeners.at(0); }

std::string planned_change(const std::string& before, const std::string& after) {
  return plan_line(plan(snapshot_of(before), snapshot_of(after)));
}

}  // namespace

TEST_CASE("HTTP/2 is on where clients can choose it by ALPN, and must be asked for where they can not") {
  const std::vector<Alpn> both = {Alpn::h2, Alpn::http1}, http1 = {Alpn::http1}, h2 = {Alpn::h2};
  struct Row {
    std::string text;
    bool http2;
    std::vector<Alpn> alpn;
  };
  const Row rows[] = {
      {https(""), true, both},
      {https("", ", http2: on"), true, both},
      {https("", ", http2: off"), false, http1},
      {https("alpn: http/1.1"), false, http1},
      {https("alpn: [http/1.1]", ", http2: off"), false, http1},
      {https("alpn: h2"), true, h2},
      {https("alpn: [http/1.1, h2]"), true, {Alpn::http1, Alpn::h2}},
      {file_of_listener("http2: on"), true, {}},
      {file_of_listener("http2: off"), false, {}},
      {file_of_listener("protocol: http"), false, {}},
      {file_of_listener("http2: {}"), true, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Listener listener = listener_of(row.text);
    CHECK(listener.http2.has_value() == row.http2);
    CHECK((listener.tls ? listener.tls->alpn : std::vector<Alpn>()) == row.alpn);
  }
}

TEST_CASE("the order of the keys in the file does not matter") {
  CHECK(listener_of(file_of_listener(fmt::format("http2: off, tls: {{ {} }}, protocol: https",
                                                 kCertificate))) == listener_of(https("", ", http2: off")));
}

TEST_CASE("the limits of HTTP/2 are those of the map, and the usual ones where it is silent") {
  const model::Http2 http2 =
      listener_of(file_of_listener("http2: { streams: 7, header_list: 16KiB }")).http2.value();
  CHECK(http2 == model::Http2{.streams = 7, .header_list = 16 * 1024, .resets_per_second = 100});
  CHECK(listener_of(file_of_listener("http2: on")).http2.value() == model::Http2());
}

TEST_CASE("a certificate stands alone or in a list, and files beside the YAML that names them") {
  const TemporaryFolder folder;
  const std::string main = folder.write("weir.yaml", "include: conf.d/web.yaml\n" + std::string(kGroup));
  folder.write("conf.d/web.yaml",
               "listeners:\n"
               "  web:\n"
               "    bind: 0.0.0.0:8443\n"
               "    protocol: https\n"
               "    tls: { certificates: [{ cert: a.pem, key: ../a.key }, { cert: /b.pem, key: /b.key }] }\n"
               "    forward: app\n");
  const auto loaded = load(main, Environment());
  REQUIRE_MESSAGE(loaded.has_value(), (loaded ? std::string() : to_text(loaded.error())));
  const auto& certificates = loaded->snapshot.listeners.at(0).tls.value().certificates;
  REQUIRE(certificates.size() == 2);
  CHECK(certificates[0].cert.path == (folder.path() / "conf.d/a.pem").string());
  CHECK(certificates[0].key.path == (folder.path() / "a.key").string());
  CHECK(certificates[0].key.place.line == 5);
  CHECK(certificates[1].cert.path == "/b.pem");
  CHECK_FALSE(certificates[0].ocsp.has_value());
  CHECK(loaded->extra_files == std::vector<std::string>{(folder.path() / "conf.d/a.pem").string(),
                                                        (folder.path() / "a.key").string(), "/b.pem",
                                                        "/b.key"});
}

TEST_CASE("files of TLS are watched even if the configuration that names them is refused") {
  const TemporaryFolder folder;
  const std::string main = folder.write("weir.yaml", https("", ", rulez: []"));
  Inputs inputs;
  CHECK_FALSE(load(main, LoadOptions(), inputs).has_value());
  CHECK(inputs.extra_files == std::vector<std::string>{"/a.pem", "/a.key"});
}

TEST_CASE("clients are asked for a certificate with the authorities that they may have it from") {
  CHECK_FALSE(listener_of(https("client_auth: off")).tls.value().client_auth.has_value());
  const ClientAuth required =
      listener_of(https("client_auth: { ca: /ca.pem }")).tls.value().client_auth.value();
  CHECK(required == ClientAuth{.mode = ClientAuth::Mode::required, .ca = {"/ca.pem"}, .crl = {}});
  const ClientAuth optional = listener_of(https("client_auth: { mode: optional, ca: /ca.pem, crl: /a.crl }"))
                                  .tls.value()
                                  .client_auth.value();
  CHECK(optional.mode == ClientAuth::Mode::optional);
  CHECK(optional.crl.value().path == "/a.crl");
  CHECK(first_error(https("client_auth: required")) == "missing-key");
  CHECK(first_error(https("client_auth: { crl: /a.crl }")) == "missing-key");
}

TEST_CASE("the PROXY protocol is off or accepted") {
  CHECK(listener_of(file_of_listener("proxy_protocol: accept")).proxy_protocol);
  CHECK_FALSE(listener_of(file_of_listener("proxy_protocol: false")).proxy_protocol);
  CHECK_FALSE(listener_of(file_of_listener("request_id: on")).proxy_protocol);
  CHECK(first_error(file_of_listener("proxy_protocol: on")) == "not-one-of");
  CHECK(first_error(file_of_listener("proxy_protocol: v2")) == "not-one-of");
}

TEST_CASE("the effective configuration shows what is in force, with paths and no contents") {
  const TemporaryFolder folder;
  folder.write("a.pem", "certificate-text");
  folder.write("a.key", "key-text");
  const std::string main = folder.write(
      "weir.yaml", file_of_listener("protocol: https, tls: { certificates: { cert: a.pem, key: a.key } }"));
  const std::string text = shown_json(load(main, Environment()).value().snapshot);
  CHECK(text.find("-text") == std::string::npos);
  const auto web = nlohmann::json::parse(text)["listeners"]["web"];
  CHECK(web["http2"]["streams"] == 128);
  CHECK(web["proxy_protocol"] == "off");
  const auto& tls = web["tls"];
  CHECK(tls["certificates"][0]["key"] == (folder.path() / "a.key").string());
  CHECK(tls["certificates"][0]["ocsp"] == "off");
  CHECK(tls["alpn"] == nlohmann::json::parse(R"(["h2", "http/1.1"])"));
  CHECK(tls["min_version"] == "1.2");
  CHECK(tls["client_auth"] == "off");
  CHECK(tls["ticket_keys_file"] == "off");
  CHECK(tls["handshake_timeout"] == "10s");
  CHECK(tls["kernel"] == false);
}

TEST_CASE("a plan has changes of TLS, HTTP/2 and the PROXY protocol like any others") {
  const std::string certificate = "{ cert: /a.pem, key: /a.key }";
  struct Row {
    std::string before, after, words;
  };
  const Row rows[] = {
      {https(""), https("min_version: 1.3"), "tls.min_version: 1.2 -> 1.3"},
      {https(""), https("ticket_keys_file: /t"), "tls.ticket_keys_file: off -> /t"},
      {https(""), https("handshake_timeout: 3s"), "tls.handshake_timeout: 10s -> 3s"},
      {https(""), https("kernel: on"), "tls.kernel: off -> on"},
      {https(""), https("alpn: http/1.1"),
       "tls.alpn: [h2, http/1.1] -> http/1.1; "
       "http2: { streams: 128, header_list: 64KiB, resets_per_second: 100 } -> off"},
      {https(""), https("", ", http2: { streams: 9 }"), "http2.streams: 128 -> 9"},
      {https("client_auth: { ca: /c }"), https("client_auth: { mode: optional, ca: /c }"),
       "tls.client_auth.mode: required -> optional"},
      {file_of_listener("protocol: https, tls: { certificates: [" + certificate + "] }"),
       file_of_listener("protocol: https, tls: { certificates: [" + certificate +
                        ", { cert: /b.pem, key: /b.key }] }"),
       "tls.certificates: + { cert: /b.pem, key: /b.key, ocsp: off }"},
      {https(""), file_of_listener("protocol: https, tls: { certificates: { cert: /b.pem, key: /a.key } }"),
       "tls.certificates[0].cert: /a.pem -> /b.pem"},
      {file_of_listener("http2: off"), file_of_listener("proxy_protocol: accept"),
       "proxy_protocol: off -> accept"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.after);
    CHECK(planned_change(row.before, row.after) == "listener web: " + row.words);
  }
}

}  // namespace weir::config
