#include "lb/health/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lb/base/text.h"
#include "lb/health/probe_history.h"
#include "lb/health/status_ranges.h"

namespace weir::health {
Verdict failed(Phase phase, ReasonCode reason, std::string detail) {
  detail.resize(std::min(detail.size(), ProbeHistory::kTextBytes));
  return {phase, reason, std::move(detail)};
}

namespace {

std::optional<Verdict> judge_field(const std::string& name, const model::Pattern& expected,
                                   std::span<const AnswerField> fields) {
  std::optional<std::string_view> found;
  for (const AnswerField& field : fields) {
    if (!base::equals_ignoring_case(field.name, name)) continue;
    if (expected.matches(field.value)) return std::nullopt;
    if (!found) found = field.value;
  }
  if (!found) {
    return failed(Phase::header, ReasonCode::failed_checks,
                  fmt::format("header {} is absent", base::escape(name, kQuoted)));
  }
  return failed(Phase::header, ReasonCode::failed_checks,
                fmt::format(R"(header {} is "{}", which does not match "{}")", base::escape(name, kQuoted),
                            base::escape(*found, kQuoted), base::escape(expected.text(), kQuoted)));
}

}  // namespace

std::optional<Verdict> judge_head(const model::HealthCheck& check, std::uint16_t status,
                                  std::span<const AnswerField> fields) {
  if (!contains(check.expect.status, status)) {
    return failed(Phase::status, ReasonCode::response_code_mismatch,
                  fmt::format("status {} is not in {}", status, ranges_text(check.expect.status)));
  }
  for (const auto& [name, expected] : check.expect.headers) {
    if (auto verdict = judge_field(name, expected, fields)) return verdict;
  }
  if (needs_body(check)) return std::nullopt;
  return Verdict{};
}

Verdict judge_body(const model::HealthCheck& check, std::string_view body) {
  if (!needs_body(check)) return {};
  body = body.substr(0, model::HealthCheck::kBodyBytes);
  const model::Pattern& expected = *check.expect.body;
  if (expected.matches(body)) return {};
  const std::string_view part =
      body.size() == model::HealthCheck::kBodyBytes ? "the first 64 KiB of the body do" : "the body does";
  const std::string text = base::escape(expected.text(), kQuoted);
  const std::string_view verb = expected.text().starts_with('~') ? "match" : "contain";
  return failed(Phase::body, ReasonCode::failed_checks, fmt::format(R"({} not {} "{}")", part, verb, text));
}

}  // namespace weir::health
