#include "lb/proxy/vocabulary.h"

#include <array>

#include "lb/sticky/decision.h"

namespace weir::proxy {
namespace {

constexpr std::size_t kReasons = static_cast<std::size_t>(wire::Reason::count_);

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
  static const observe::Vocabulary words{
      errors, classes, problems, wire::reason_words(), wire::reason_words(), outcomes};
  return words;
}

std::size_t error_index(const wire::Failure& failure) {
  if (failure.reason == wire::Reason::malformed) return kReasons + static_cast<std::size_t>(failure.problem);
  return static_cast<std::size_t>(failure.reason);
}

}  // namespace weir::proxy
