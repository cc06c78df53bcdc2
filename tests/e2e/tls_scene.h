#pragma once

#include <string>
#include <string_view>

#include "tests/e2e/fleet.h"
#include "tests/e2e/tls_client.h"

// A daemon whose listener "web" speaks TLS, and what it needs for that.
namespace weir::e2e {

// Certificates of a test's own authority, as files that outlive a daemon which is made after them.
class Certificates {
 public:
  Certificates();

  // Of an intermediate authority, as NAME.pem and NAME.key: new files, or others' content from now on.
  Certificate issue(const std::string& name, const CertificateSpec& spec = {}) const;
  std::string write(const std::string& name, std::string_view text) const {
    return directory_.write(name, text);
  }
  void write(const std::string& name, const Certificate& certificate) const;
  std::string path(const std::string& name) const { return directory_.path(name); }
  // An item of `certificates`, with further keys.
  std::string item(const std::string& name, const std::string& more = {}) const;

  const TestAuthority& root() const { return root_; }
  const TestAuthority& issuer() const { return issuer_; }
  std::string authority() const { return root_.pem(); }

 private:
  TestAuthority root_ = TestAuthority::make("weir test root");
  TestAuthority issuer_ = root_.intermediate("weir test issuer");
  TemporaryDirectory directory_;
};

// As web_to(), with TLS; `tls` are keys of a flow mapping.
std::string https_to(const std::string& target, const std::string& tls, const std::string& settings = {});
// With one certificate alone.
std::string certificates_of(const std::string& item);

// Of all versions, so far.
double handshakes(const Daemon& weir, const std::string& result);
// It is so many, sooner or later.
bool handshakes_become(const Daemon& weir, const std::string& result, double count);
// How often a text stands in what the daemon has logged.
std::size_t times_logged(const Daemon& weir, std::string_view text);
std::size_t count_of(std::string_view text, std::string_view part);
bool has(std::string_view text, std::string_view part);

// A client of the daemon's, as most of them are.
Answer ask(const Daemon& weir, const Certificates& certificates, std::string_view target = "/name");

// curl to https://NAME:PORT/..., at the daemon's listener and with the test's authority.
Finished curl(const Daemon& weir, const Certificates& certificates, const std::string& target,
              const std::vector<std::string>& options = {}, const std::string& name = "localhost");

}  // namespace weir::e2e
