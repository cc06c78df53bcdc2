#include "lb/proxy/vocabulary.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "lb/http/grpc_status.h"

namespace weir::proxy {
namespace {

bool has(observe::WordCounters::Words words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

TEST_CASE("every failure is counted under its own word") {
  const auto& words = vocabulary().errors;
  for (std::size_t i = 0; i < static_cast<std::size_t>(wire::Reason::count_); ++i) {
    const auto reason = static_cast<wire::Reason>(i);
    if (reason == wire::Reason::malformed) continue;
    const wire::Failure failure{reason, http::Problem::none, 0};
    CHECK(words[error_index(failure)] == wire::word(failure));
  }
  for (std::size_t i = 0; i < http::kProblems; ++i) {
    const wire::Failure failure{wire::Reason::malformed, static_cast<http::Problem>(i), 0};
    CHECK(words[error_index(failure)] == wire::word(failure));
  }
}

TEST_CASE("a handshake is counted under its result, and under no version before one is agreed on") {
  const auto& results = vocabulary().tls_results;
  const auto& versions = vocabulary().tls_versions;
  for (const std::string_view result :
       {"full", "resumed", "timeout", "plain_http", "peer_closed", "internal"}) {
    CAPTURE(result);
    const std::size_t place = tls_result_index(result);
    REQUIRE(place < results.size());
    CHECK(results[place] == result);
  }
  CHECK(tls_result_index("nothing of TLS") == results.size());
  CHECK(std::set(results.begin(), results.end()).size() == results.size());
  for (const auto& [version, word] : {std::pair("TLSv1.2", "TLSv1.2"), std::pair("TLSv1.3", "TLSv1.3"),
                                      std::pair("", "none"), std::pair("unknown", "none")}) {
    CAPTURE(version);
    CHECK(versions[tls_version_index(version)] == std::string_view(word));
  }
}

TEST_CASE("a call of gRPC is counted under the name of its status, and under other if that has none") {
  const auto& statuses = vocabulary().grpc_statuses;
  REQUIRE(statuses.size() == 17);
  for (std::uint16_t number = 0; number < statuses.size(); ++number) {
    CHECK(statuses[number] == http::grpc_status_word(number));
  }
  CHECK(http::grpc_status_word(17) == "UNRECOGNIZED");
}

TEST_CASE("the words that are written from the start are words that are counted by") {
  for (const std::string_view reason : observe::kRetriesFromStart) {
    CAPTURE(reason);
    CHECK(has(vocabulary().retries, reason));
  }
  for (const std::string_view reason : observe::kConnectionErrorsFromStart) {
    CAPTURE(reason);
    CHECK(has(vocabulary().connection_errors, reason));
  }
  for (const observe::WordPair& pair : observe::kHandshakesFromStart) {
    CAPTURE(pair.first);
    CHECK(has(vocabulary().tls_results, pair.first));
    CHECK(has(vocabulary().tls_versions, pair.second));
  }
  for (const observe::WordPair& pair : observe::kGrpcEndsFromStart) {
    CAPTURE(pair.first);
    CHECK(has(vocabulary().grpc_statuses, pair.first));
    CHECK(has(vocabulary().grpc_enders, pair.second));
  }
  for (const std::string_view by : observe::kGrpcFailuresFromStart) CHECK(has(vocabulary().grpc_enders, by));
}

}  // namespace weir::proxy
