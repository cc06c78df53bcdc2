#include "tests/e2e/tls_scene.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace weir::e2e {

Certificates::Certificates() { directory_.write("root.pem", root_.pem()); }

void Certificates::write(const std::string& name, const Certificate& certificate) const {
  const CertificateFiles files = test::write(directory_, name, certificate);
  ::chmod(files.key.c_str(), S_IRUSR | S_IWUSR);  // else weir warns of it
}

Certificate Certificates::issue(const std::string& name, const CertificateSpec& spec) const {
  Certificate certificate = issuer_.issue(spec);
  write(name, certificate);
  return certificate;
}

std::string Certificates::item(const std::string& name, const std::string& more) const {
  return fmt::format("{{ cert: \"{}\", key: \"{}\"{} }}", path(name + ".pem"), path(name + ".key"), more);
}

std::string https_to(const std::string& target, const std::string& tls, const std::string& settings) {
  return web_to(target, fmt::format("    protocol: https\n    tls: {{ {} }}\n{}", tls, settings));
}

std::string certificates_of(const std::string& item) { return "certificates: [ " + item + " ]"; }

double handshakes(const Daemon& weir, const std::string& result) {
  return Metrics(weir).sum("weir_tls_handshakes_total", {fmt::format("result=\"{}\"", result)});
}

bool handshakes_become(const Daemon& weir, const std::string& result, double count) {
  return eventually([&] { return handshakes(weir, result) == count; });
}

std::size_t times_logged(const Daemon& weir, std::string_view text) { return count_of(weir.log(), text); }

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

Answer ask(const Daemon& weir, const Certificates& certificates, std::string_view target) {
  TlsClient client(weir.address(), {.authority = certificates.authority()});
  return client.get(target);
}

Finished curl(const Daemon& weir, const Certificates& certificates, const std::string& target,
              const std::vector<std::string>& options, const std::string& name) {
  const std::string address = weir.address();
  const std::size_t colon = address.rfind(':');
  const std::string port = address.substr(colon + 1);
  std::vector<std::string> arguments{
      "curl",       "-sS",
      "--max-time", "20",
      "--cacert",   certificates.path("root.pem"),
      "--resolve",  fmt::format("{}:{}:{}", name, port, address.substr(0, colon))};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back(fmt::format("https://{}:{}{}", name, port, target));
  return run(std::move(arguments));
}

}  // namespace weir::e2e
