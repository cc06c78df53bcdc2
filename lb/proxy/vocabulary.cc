#include "lb/proxy/vocabulary.h"

#include <algorithm>
#include <array>
#include <span>

#include "lb/net/tls_failure.h"
#include "lb/proxy/grpc_call.h"
#include "lb/sticky/decision.h"

namespace weir::proxy {
namespace {

constexpr std::size_t kReasons = static_cast<std::size_t>(wire::Reason::count_);
constexpr std::size_t kTlsFailures = static_cast<std::size_t>(net::TlsFailure::internal);  // without none

constexpr std::size_t kGrpcStatuses = static_cast<std::size_t>(http::GrpcStatus::unauthenticated) + 1;

constexpr std::array<std::string_view, 3> kTlsVersions{"TLSv1.2", "TLSv1.3", "none"};

std::array<std::string_view, http::kProblems> problem_words() {
  std::array<std::string_view, http::kProblems> words;
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = http::traits(static_cast<http::Problem>(i)).reason;
  return words;
}

std::array<std::string_view, sticky::kOutcomes> outcome_words() {
  std::array<std::string_view, sticky::kOutcomes> words;
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = word(static_cast<sticky::Outcome>(i));
  return words;
}

std::array<std::string_view, kGrpcStatuses> grpc_words() {
  std::array<std::string_view, kGrpcStatuses> words;
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = word(static_cast<http::GrpcStatus>(i));
  return words;
}

// The usual ones first: they are looked up by their word.
std::array<std::string_view, kTlsFailures + 3> tls_result_words() {
  std::array<std::string_view, kTlsFailures + 3> words{"full", "resumed", "timeout"};
  for (std::size_t i = 0; i < kTlsFailures; ++i) words[i + 3] = word(static_cast<net::TlsFailure>(i + 1));
  return words;
}

// Behind the last one if it is none of them.
std::size_t place_of(std::string_view word, std::span<const std::string_view> words) {
  return static_cast<std::size_t>(std::ranges::find(words, word) - words.begin());
}

}  // namespace

const observe::Vocabulary& vocabulary() {
  static const auto problems = problem_words();
  static const auto errors = [] {
    std::array<std::string_view, kReasons + http::kProblems> words;
    for (std::size_t i = 0; i < kReasons; ++i) words[i] = wire::reason_words()[i];
    for (std::size_t i = 0; i < http::kProblems; ++i) words[kReasons + i] = problems[i];
    return words;
  }();
  static const std::array<std::string_view, 4> classes{"compliant", "acceptable", "ambiguous", "severe"};
  static const auto outcomes = outcome_words();
  static const auto tls_results = tls_result_words();
  static const auto grpc_statuses = grpc_words();
  static const observe::Vocabulary words{.errors = errors,
                                         .desync_classes = classes,
                                         .desync_reasons = problems,
                                         .connection_errors = wire::reason_words(),
                                         .retries = wire::reason_words(),
                                         .sticky_outcomes = outcomes,
                                         .tls_results = tls_results,
                                         .tls_versions = kTlsVersions,
                                         .grpc_statuses = grpc_statuses,
                                         .grpc_enders = kGrpcEnders};
  return words;
}

std::size_t error_index(const wire::Failure& failure) {
  if (failure.reason == wire::Reason::malformed) return kReasons + static_cast<std::size_t>(failure.problem);
  return static_cast<std::size_t>(failure.reason);
}

std::size_t tls_result_index(std::string_view result) { return place_of(result, vocabulary().tls_results); }

std::size_t tls_version_index(std::string_view version) {
  return std::min(place_of(version, kTlsVersions), kTlsVersions.size() - 1);
}

}  // namespace weir::proxy
