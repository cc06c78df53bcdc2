#include "lb/trace/verdict.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "lb/base/text.h"

namespace weir::trace {
namespace {

// OTLP specification, "Retryable Response Codes".
bool may_be_repeated(unsigned status) {
  return status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
}

base::Duration wait_of(const Answer& answer, unsigned tries, double jitter, const RetryPolicy& policy) {
  if (const auto seconds = base::parse_decimal(base::trim(answer.retry_after))) {
    const auto most = static_cast<std::uint64_t>(policy.longest_wait / std::chrono::seconds(1));
    return std::chrono::seconds(std::min(*seconds, most));
  }
  const base::Duration wait =
      std::min(policy.longest_wait, policy.first_wait * (1U << std::min(tries - 1, 16U)));
  return wait - std::chrono::duration_cast<base::Duration>(wait * (jitter / 4));
}

}  // namespace

Verdict judge(const Answer& answer, unsigned tries, double jitter, const RetryPolicy& policy) {
  if (answer.status >= 200 && answer.status < 300) return {};
  if (!may_be_repeated(answer.status)) return {.fate = Fate::rejected};
  if (tries >= policy.tries) return {.fate = Fate::unreachable};
  return {.fate = Fate::again, .wait = wait_of(answer, tries, jitter, policy)};
}

// An int64 is a string in JSON, and a number in that of some collectors.
std::uint64_t rejected_spans(std::string_view body) {
  const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return 0;
  const auto partial = json.find("partialSuccess");
  if (partial == json.end() || !partial->is_object()) return 0;
  const auto rejected = partial->find("rejectedSpans");
  if (rejected == partial->end()) return 0;
  if (rejected->is_number_unsigned()) return rejected->get<std::uint64_t>();
  if (!rejected->is_string()) return 0;
  return base::parse_decimal(rejected->get_ref<const std::string&>()).value_or(0);
}

}  // namespace weir::trace
