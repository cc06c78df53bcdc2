#include "tests/e2e/prometheus.h"

#include <fmt/format.h>

#include <regex>
#include <stdexcept>

#include "tests/support/backend.h"

namespace weir::e2e {
namespace {

// As in the package, but for the pace.
std::string rules(const TemporaryDirectory& directory, const std::string& name) {
  const std::string text = read_file(source("packaging/prometheus/" + name));
  const std::string quick = std::regex_replace(text, std::regex("interval: 1m"), "interval: 1s");
  return directory.write(name, quick);
}

Command server(const TemporaryDirectory& directory, const std::string& address,
               const std::string& admin_address) {
  const std::string file = directory.write(
      "prometheus.yml",
      fmt::format("global: {{ scrape_interval: 500ms, evaluation_interval: 1s }}\n"
                  "rule_files: [ \"{}\", \"{}\" ]\n"
                  "scrape_configs:\n"
                  "  - {{ job_name: weir, static_configs: [ {{ targets: [ \"{}\" ] }} ] }}\n",
                  rules(directory, "alerts.yaml"), rules(directory, "alb_rules.yaml"), admin_address));
  return {.arguments = {"prometheus", "--config.file=" + file, "--web.listen-address=" + address,
                        "--storage.tsdb.path=" + directory.path("data"), "--log.level=warn"}};
}

// For a query of a URL.
std::string encoded(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    result += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

}  // namespace

Prometheus::Prometheus(const std::string& admin_address)
    : address_("127.0.0.1:" + free_port()), process_(server(directory_, address_, admin_address)) {
  const bool ready = eventually([&] {
    try {
      return fetch(address_, "/-/ready").status == 200;
    } catch (const std::exception&) {
      return !process_.running();
    }
  });
  if (!ready || !process_.running()) throw std::runtime_error("prometheus does not start: " + log());
}

Json Prometheus::get(const std::string& path) const {
  const Json answer = Json::parse(fetch(address_, path).body);
  if (answer.value("status", "") != "success") throw std::runtime_error(path + ": " + answer.dump());
  return answer["data"];
}

std::vector<Prometheus::Sample> Prometheus::query(const std::string& expression) const {
  std::vector<Sample> samples;
  const Json data = get("/api/v1/query?query=" + encoded(expression));
  for (const Json& one : data["result"]) {
    samples.push_back({one["metric"], std::stod(one["value"][1].get<std::string>())});
  }
  return samples;
}

double Prometheus::value(const std::string& expression) const {
  const auto samples = query(expression);
  return samples.size() == 1 ? samples[0].value : -1;
}

}  // namespace weir::e2e
