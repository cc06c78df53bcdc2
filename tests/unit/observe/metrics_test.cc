#include "lb/observe/metrics.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/unit/observe/temporary.h"

using weir::observe::ClientProtocol;
using weir::observe::metrics_text;
using weir::observe::MetricsFacts;
using weir::observe::Registry;
using weir::observe::Rejection;
using weir::observe::Scrape;
using weir::observe::Vocabulary;

namespace {

constexpr std::string_view kErrors[] = {"none", "malformed", "connect_refused", "no_target",
                                        "response_timeout"};
constexpr std::size_t kConnectRefused = 2, kResponseTimeout = 4;
constexpr std::string_view kClasses[] = {"acceptable", "severe"};
constexpr std::string_view kReasons[] = {"EmptyHeader", "BadMethod"};
constexpr std::string_view kRetries[] = {"connect_refused"};
constexpr std::string_view kResults[] = {"full", "resumed", "no_shared_cipher"};
constexpr std::string_view kVersions[] = {"TLSv1.2", "TLSv1.3", "none"};
constexpr std::string_view kGrpcStatuses[] = {"OK", "CANCELLED"};
constexpr std::string_view kGrpcEnders[] = {"target", "weir", "client"};
constexpr Vocabulary kWords{.errors = kErrors,
                            .desync_classes = kClasses,
                            .desync_reasons = kReasons,
                            .connection_errors = kErrors,
                            .retries = kRetries,
                            .tls_results = kResults,
                            .tls_versions = kVersions,
                            .grpc_statuses = kGrpcStatuses,
                            .grpc_enders = kGrpcEnders};

// Something of everything, in pieces of that size.
std::string busy_text(std::size_t piece = 1u << 20) {
  Registry registry(kWords);
  const auto listener = registry.listener(0, "web");
  listener->connection_opened(ClientProtocol::http1);
  listener->requests.add(200);
  listener->requests.add(460);
  listener->errors.add(kResponseTimeout);
  listener->rejections.add(Rejection::listener_limit);
  listener->expect_handshakes();
  listener->tls_handshakes.add(1, 1);
  listener->tls_unserved_names.add();
  listener->tls_handshakes.add(2, 2);
  listener->desync.add(1, 1);
  listener->received_bytes.add(5'000'000'001);
  registry.route(0, "web", "");
  registry.route(0, "web", "app")->duration.observe(std::chrono::milliseconds(3));
  registry.route(0, "web", "app")->grpc.add(2, 0);
  registry.route(0, "web", "app")->grpc_failures.add(0);
  registry.group(0, "app")->retries.add(0);
  const auto target = registry.target(0, {"app", "az-1", "10.0.0.1:80"});
  target->count_status(200);
  target->response.observe(std::chrono::milliseconds(2));
  target->connection_errors.add(kConnectRefused);
  target->idle_connections.add(2);

  MetricsFacts facts;
  facts.build = {"0.1.0", "abc123", "gcc 12"};
  facts.groups.groups.push_back({"app", true, {}, {{"az-1", "10.0.0.1:80", 4, 7, 12, 3, {0, 1, 0}}}});
  facts.groups.groups[0].dns.push_back({"web.internal", {5, 1, 0, 2, 0}});
  facts.groups.zone_shifted = {{"az-1", true}, {"az-2", false}};
  facts.config_hash = "f00d";
  facts.last_reload = weir::base::WallTime(std::chrono::milliseconds(1'700'000'000'500));
  facts.access_log_dropped = 3;
  facts.certificates = {{"CN=example.com", std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000))}};
  facts.spans = {.exported = 40, .lost = {41, 42, 43, 44}};
  Scrape scrape(registry, facts);
  std::string text;
  while (const auto more = scrape.next(piece)) text += *more;
  return text;
}

bool contains(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a scrape in small pieces has the same text") {
  const auto without_usage = [](std::string text) { return text.erase(text.find("# HELP process_")); };
  CHECK(without_usage(busy_text(1)) == without_usage(busy_text()));
}

TEST_CASE("each of a thousand targets is in a scrape once, a family as a whole") {
  Registry registry(kWords);
  for (int i = 0; i < 1'000; ++i) {
    for (unsigned worker = 0; worker < 2; ++worker) {
      registry.target(worker, {"app", "", fmt::format("t{}", i)})->count_status(200);
    }
  }
  const std::string text = metrics_text(registry, {});
  std::set<std::string> seen;
  std::istringstream lines(text);
  int families = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line == "# TYPE weir_target_requests_total counter") ++families;
    if (line.starts_with("weir_target_requests_total") && line.ends_with("\"2xx\"} 2")) seen.insert(line);
  }
  CHECK(families == 1);
  CHECK(seen.size() == 1'000);
}

TEST_CASE("a value of a label cannot end it") {
  Registry registry(kWords);
  registry.listener(0, "a\"b\\c\nd")->connection_opened(ClientProtocol::http1);
  CHECK(contains(metrics_text(registry, {}), R"(weir_connections{listener="a\"b\\c\nd"} 1)"));
}

TEST_CASE("every count shows under its name and labels") {
  const std::string text = busy_text();
  for (
      const char* line :
      {R"(weir_requests_total{listener="web",code="200"} 1)",
       R"(weir_requests_total{listener="web",code="460"} 1)",
       R"(weir_request_errors_total{listener="web",reason="response_timeout"} 1)",
       R"(weir_request_duration_seconds_count{listener="web",target_group="app"} 1)",
       R"(weir_request_duration_seconds_bucket{listener="web",target_group="app",le="0.0025"} 0)",
       R"(weir_request_duration_seconds_bucket{listener="web",target_group="app",le="0.005"} 1)",
       R"(weir_request_duration_seconds_bucket{listener="web",target_group="app",le="+Inf"} 1)",
       R"(weir_request_duration_seconds_sum{listener="web",target_group="app"} 0.003)",
       R"(weir_grpc_requests_total{listener="web",target_group="app",grpc_status="other",ended_by="target"} 1)",
       R"(weir_grpc_failures_total{listener="web",target_group="app",ended_by="target"} 1)",
       R"(weir_connections{listener="web"} 1)",
       R"(weir_connections_total{listener="web",protocol="http/1.1"} 1)",
       R"(weir_connections_rejected_total{listener="web",reason="listener_limit"} 1)",
       R"(weir_received_bytes_total{listener="web"} 5000000001)",
       R"(weir_sent_bytes_total{listener="web"} 0)",
       R"(weir_websockets{listener="web"} 0)",
       R"(weir_desync_requests_total{listener="web",class="severe",reason="BadMethod"} 1)",
       R"(weir_target_requests_total{target_group="app",zone="az-1",target="10.0.0.1:80",code_class="2xx"} 1)",
       R"(weir_target_requests_total{target_group="app",zone="az-1",target="10.0.0.1:80",code_class="5xx"} 0)",
       R"(weir_target_response_seconds_count{target_group="app",zone="az-1",target="10.0.0.1:80"} 1)",
       R"(weir_target_outstanding_requests{target_group="app",zone="az-1",target="10.0.0.1:80"} 0)",
       R"(weir_target_connections{target_group="app",zone="az-1",target="10.0.0.1:80",state="idle"} 2)",
       R"(weir_target_connection_errors_total{target_group="app",zone="az-1",target="10.0.0.1:80",reason="connect_refused"} 1)",
       R"(weir_target_weight{target_group="app",zone="az-1",target="10.0.0.1:80"} 7)",
       R"(weir_dns_refreshes_total{target_group="app",name="web.internal",result="ok"} 5)",
       R"(weir_dns_refreshes_total{target_group="app",name="web.internal",result="failed"} 2)",
       R"(weir_retries_total{target_group="app",reason="connect_refused"} 1)",
       R"(weir_build_info{version="0.1.0",commit="abc123",compiler="gcc 12"} 1)",
       R"(weir_config_info{hash="f00d"} 1)",
       R"(weir_config_last_reload_success 1)",
       R"(weir_config_last_reload_timestamp_seconds 1700000000.5)",
       R"(weir_access_log_dropped_total 3)",
       R"(weir_tls_handshakes_total{listener="web",result="resumed",version="TLSv1.3"} 1)",
       R"(weir_tls_handshakes_total{listener="web",result="no_shared_cipher",version="none"} 1)",
       R"(weir_tls_certificate_expiry_timestamp_seconds{subject="CN=example.com"} 1800000000)",
       R"(weir_trace_spans_exported_total 40)",
       R"(weir_trace_spans_dropped_total{reason="queue_full"} 41)",
       R"(weir_trace_spans_dropped_total{reason="stopping"} 44)"}) {
    CAPTURE(line);
    CHECK(contains(text, line));
  }
}

TEST_CASE("an error is there with 0 before it occurs, so that rates see the first ones") {
  const std::string text = busy_text();
  for (
      const char* line :
      {R"(weir_requests_total{listener="web",code="502"} 0)",
       R"(weir_requests_total{listener="web",code="503"} 0)",
       R"(weir_requests_total{listener="web",code="504"} 0)",
       R"(weir_requests_total{listener="web",code="500"} 0)",
       R"(weir_request_errors_total{listener="web",reason="connect_refused"} 0)",
       R"(weir_request_errors_total{listener="web",reason="no_target"} 0)",
       R"(weir_grpc_requests_total{listener="web",target_group="app",grpc_status="OK",ended_by="target"} 0)",
       R"(weir_grpc_requests_total{listener="web",target_group="app",grpc_status="UNAVAILABLE",ended_by="weir"} 0)",
       R"(weir_grpc_failures_total{listener="web",target_group="app",ended_by="weir"} 0)",
       R"(weir_connections_rejected_total{listener="web",reason="no_descriptors"} 0)",
       R"(weir_connections_rejected_total{listener="web",reason="proxy_header"} 0)",
       R"(weir_tls_handshakes_total{listener="web",result="full",version="TLSv1.2"} 0)",
       R"(weir_tls_unserved_names_total{listener="web"} 1)",
       R"(weir_tls_handshakes_total{listener="web",result="full",version="TLSv1.3"} 0)",
       R"(weir_tls_handshakes_total{listener="web",result="resumed",version="TLSv1.2"} 0)",
       R"(weir_target_connection_errors_total{target_group="app",zone="az-1",target="10.0.0.1:80",reason="connect_timeout"} 0)",
       R"(weir_retries_total{target_group="app",reason="target_closed"} 0)",
       R"(weir_retries_total{target_group="app",reason="failing_status"} 0)",
       R"(weir_retries_total{target_group="app",reason="target_tls"} 0)",
       R"(weir_retries_total{target_group="app",reason="stream_refused"} 0)",
       R"(weir_retries_total{target_group="app",reason="target_leaving"} 0)"}) {
    CAPTURE(line);
    CHECK(contains(text, line));
  }
}

TEST_CASE("no series is written twice") {
  std::istringstream lines(busy_text());
  std::set<std::string> series;
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    if (!line.starts_with('#')) CHECK(series.insert(line.substr(0, line.rfind(' '))).second);
  }
}

TEST_CASE("a target has no more series than are counted for it") {
  Registry registry(kWords);
  const auto target = registry.target(0, {"app", "az-1", "t"});
  target->count_status(101);
  std::istringstream lines(metrics_text(registry, {}));
  std::uint64_t series = 0;
  for (std::string line; std::getline(lines, line);) series += line.contains("target=\"t\"") ? 1 : 0;
  const std::uint64_t reasons = weir::observe::kConnectionErrorsFromStart.size();
  CHECK(series == registry.series_of_target() - Registry::kReasons + reasons);
}

TEST_CASE("every family says what it is, and what to do about it") {
  std::istringstream lines(busy_text());
  int families = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# HELP ")) continue;
    CAPTURE(line);
    const std::string help = line.substr(line.find(' ', 7) + 1);
    ++families;
    CHECK(help.ends_with('.'));
    CHECK(help.size() > 70);
    CHECK(help.find_first_of(".:;") < help.size() - 1);  // the second half is what follows from it
  }
  CHECK(families > 35);
}

TEST_CASE("a listener without TLS tells nothing of handshakes, and one that has had some only of those") {
  Registry registry(kWords);
  registry.listener(0, "web")->requests.add(200);
  CHECK(metrics_text(registry, {}).find("weir_tls_") == std::string::npos);
  registry.listener(0, "web")->tls_handshakes.add(0, 0);
  const std::string text = metrics_text(registry, {});
  CHECK(contains(text, R"(weir_tls_handshakes_total{listener="web",result="full",version="TLSv1.2"} 1)"));
  CHECK(text.find("result=\"resumed\"") == std::string::npos);
}

TEST_CASE("a route that no call of gRPC has taken tells nothing of gRPC") {
  Registry registry(kWords);
  registry.route(0, "web", "app")->duration.observe(std::chrono::milliseconds(1));
  CHECK(metrics_text(registry, {}).find("weir_grpc_") == std::string::npos);
}

TEST_CASE("of the certificates of one subject the first to expire is told, whatever the subject holds") {
  using std::chrono::seconds;
  using std::chrono::sys_seconds;
  MetricsFacts facts;
  facts.certificates = {{"CN=b", sys_seconds(seconds(300))},
                        {"CN=a\"\n\\", sys_seconds(seconds(253'402'300'799))},  // 9999-12-31
                        {"CN=b", sys_seconds(seconds(200))},
                        {"CN=b", sys_seconds(seconds(400))},
                        {"CN=old", sys_seconds(seconds(-1))}};
  const std::string text = metrics_text(Registry(kWords), facts);
  const std::string name = "weir_tls_certificate_expiry_timestamp_seconds";
  CHECK(contains(text, name + R"({subject="CN=b"} 200)"));
  CHECK(contains(text, name + R"({subject="CN=a\"\n\\"} 253402300799)"));
  CHECK(contains(text, name + R"({subject="CN=old"} -1)"));
  std::istringstream lines(text);
  int series = 0;
  for (std::string line; std::getline(lines, line);) series += line.starts_with(name) ? 1 : 0;
  CHECK(series == 3);
}

TEST_CASE("histograms have the buckets of the registry") {
  const std::vector<std::uint64_t> bounds = {500'000, 2'000'000};
  Registry registry(kWords, weir::observe::LatencyBuckets::make(bounds));
  registry.route(0, "web", "app")->duration.observe(std::chrono::milliseconds(1));
  MetricsFacts facts;
  facts.groups.groups.push_back({"app", false, {}, {}});
  const std::string text = metrics_text(registry, facts);
  const std::string labels = R"(_bucket{listener="web",target_group="app",le=)";
  for (const char* const line : {R"("0.0005"} 0)", R"("0.002"} 1)", R"("+Inf"} 1)"}) {
    CHECK(contains(text, "weir_request_duration_seconds" + labels + line));
  }
  CHECK(text.find("le=\"0.001\"") == std::string::npos);
  CHECK(contains(text, R"(weir_health_check_duration_seconds_bucket{target_group="app",le="0.002"} 0)"));
}

TEST_CASE("a scrape of five thousand targets goes in steps of bounded work") {
  Registry registry(kWords);
  MetricsFacts facts;
  facts.groups.groups.push_back({"app", false, {}, {}});
  for (int i = 0; i < 5'000; ++i) {
    const std::string target = fmt::format("10.0.{}.{}:8080", i / 250, i % 250);
    registry.target(0, {"app", "", target})->count_status(200);
    facts.groups.groups[0].targets.push_back({.zone = "", .target = target, .state = 4, .weight = 1});
  }
  constexpr std::size_t kPiece = 64 * 1024;
  constexpr std::size_t kOneThing = 8 * 1024;  // a target's series of one family
  Scrape scrape(registry, facts);
  std::size_t gathering = 0, bytes = 0;
  while (const auto piece = scrape.next(kPiece)) {
    CHECK(piece->size() < kPiece + kOneThing);
    CHECK((!piece->empty() || bytes == 0));
    gathering += piece->empty() ? 1 : 0;
    bytes += piece->size();
  }
  CHECK(gathering >= 5'000 / 256);
  CHECK(bytes > 5'000'000);
}

TEST_CASE("what never occurred is not shown") {
  const std::string text = busy_text();
  for (const char* absent :
       {"code=\"404\"", "code_class=\"1xx\"", "reason=\"other\"", "reason=\"none\"", "reason=\"malformed\"",
        "reason=\"EmptyHeader\"", "protocol=\"h2\"", "target_group=\"\""}) {
    CAPTURE(absent);
    CHECK(text.find(absent) == std::string::npos);
  }
}

TEST_CASE("a registry without traffic still tells about the process") {
  const std::string text = metrics_text(Registry(kWords), {});
  for (const char* name :
       {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
        "process_open_fds", "process_max_fds", "process_start_time_seconds", "process_threads"}) {
    CAPTURE(name);
    CHECK(text.find("\n" + std::string(name) + " ") != std::string::npos);
  }
  CHECK(text.find("weir_requests_total") == std::string::npos);
}

TEST_CASE("promtool finds nothing to complain about") {
  const TemporaryDirectory directory;
  const std::string text = directory.path("metrics");
  std::ofstream(text) << busy_text();
  const std::string complaints = directory.path("complaints");
  const int status = std::system(("promtool check metrics <" + text + " >" + complaints + " 2>&1").c_str());
  CAPTURE(read_file(complaints));
  CHECK(status == 0);
}
