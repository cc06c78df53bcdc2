// What testssl.sh thinks of a listener whose TLS is as the defaults have it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>
#include <sstream>
#include <string>

#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"

using namespace weir::e2e;

namespace {

constexpr Milliseconds kMinutes{10 * 60'000};

constexpr const char* kLookedAt =
    "SSLv2 SSLv3 TLS1 TLS1_1 TLS1_2 TLS1_3 ALPN_HTTP2 cipherlist_NULL cipherlist_aNULL cipherlist_3DES_IDEA "
    "heartbleed CCS ticketbleed ROBOT secure_renego secure_client_renego CRIME_TLS BREACH POODLE_SSL "
    "fallback_SCSV SWEET32 FREAK DROWN LOGJAM BEAST LUCKY13 RC4";

}  // namespace

TEST_CASE("testssl.sh finds nothing to complain of: protocols, ciphers, forward secrecy, vulnerabilities") {
  const Certificates certificates;
  certificates.issue("p256");
  certificates.issue("rsa", {.key = KeyKind::rsa2048});
  const Backend backend;
  Daemon weir(https_to(backend.address(), fmt::format("certificates: [ {}, {} ]", certificates.item("p256"),
                                                      certificates.item("rsa"))));
  const std::string port = weir.address().substr(weir.address().rfind(':') + 1);
  const TemporaryDirectory files;
  const std::string report = files.path("report.json");
  const Finished testssl =
      run({.arguments = {"testssl", "--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1",
                         "--nodns", "none", "--add-ca", certificates.path("root.pem"), "--jsonfile", report,
                         "-p", "-s", "-f", "-U", "localhost:" + port},
           .environment = {{"NO_ENGINE", "true"}},  // else it warns that its openssl has none for GOST
           .directory = files.path("")},
          kMinutes);
  INFO(testssl.out << testssl.err);
  std::set<std::string> looked_at;
  for (const Json& finding : Json::parse(read_file(report))) {
    const std::string severity = finding["severity"];
    INFO(finding.dump());
    CHECK((severity == "OK" || severity == "INFO"));
    looked_at.insert(finding["id"]);
  }
  std::istringstream ids(kLookedAt);
  for (std::string id; ids >> id;) {
    CHECK_MESSAGE(looked_at.contains(id), "not looked at: ", id);
  }
  CHECK((looked_at.contains("PFS_ciphers") || looked_at.contains("FS_ciphers")));  // as the version has it
  CHECK(weir.process().running());
}
