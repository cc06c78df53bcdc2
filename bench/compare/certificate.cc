#include "bench/compare/certificate.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <vector>

#include "bench/compare/child.h"
#include "bench/compare/installed.h"
#include "bench/compare/scratch.h"
#include "bench/measure/interruption.h"

namespace weir::bench::compare {
namespace {

struct Kind {
  std::string_view name;
  std::string_view algorithm;
  std::string_view option;
};

constexpr Kind kKinds[] = {{kEcCertificate, "ec", "ec_paramgen_curve:prime256v1"},
                           {kRsaCertificate, "rsa", "rsa_keygen_bits:2048"}};

std::expected<void, std::string> make(const std::filesystem::path& openssl,
                                      const std::filesystem::path& directory, const Kind& kind) {
  const auto file = [&](std::string_view ending) {
    return (directory / fmt::format("{}.{}", kind.name, ending)).string();
  };
  if (std::filesystem::exists(file("pem"))) return {};
  const auto child =
      Child::start({.arguments = {openssl.string(), "req", "-x509", "-nodes", "-days", "2", "-newkey",
                                  std::string(kind.algorithm), "-pkeyopt", std::string(kind.option), "-subj",
                                  "/CN=weir-bench", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                                  file("key"), "-out", file("crt")},
                    .output = file("log")});
  if (!child) return std::unexpected(child.error());
  while (!(*child)->finished()) {
    if (interrupted()) return std::unexpected(std::string("interrupted"));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const auto certificate = read_file(file("crt"));
  const auto key = read_file(file("key"));
  if (!certificate || !key) return std::unexpected(fmt::format("openssl: {}", last_words(**child)));
  return write_file(file("pem"), *certificate + *key);
}

}  // namespace

std::expected<void, std::string> make_certificates(const std::filesystem::path& directory) {
  const auto openssl = find_program("openssl");
  if (!openssl)
    return std::unexpected(std::string("openssl, which makes the certificates, is not installed"));
  for (const Kind& kind : kKinds) {
    if (auto made = make(*openssl, directory, kind); !made) return made;
  }
  return {};
}

}  // namespace weir::bench::compare
