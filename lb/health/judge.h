#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lb/health/probe_result.h"
#include "lb/model/health_check.h"

// Whether the answer to a probe is what the check expects, and if not, in what it differs. Pure. An answer is
// judged as it comes: first its head, and only if that passes and needs_body() its body.
namespace weir::health {

struct Verdict {
  Phase phase = Phase::passed;
  ReasonCode reason = ReasonCode::none;
  std::string detail;  // escaped, at most ProbeHistory::kTextBytes
  bool operator==(const Verdict&) const = default;
};

// Bytes of a value or a pattern that a detail repeats.
inline constexpr std::size_t kQuoted = 64;
// What is too long of `detail` is left out.
Verdict failed(Phase phase, ReasonCode reason, std::string detail);

struct AnswerField {
  std::string_view name;
  std::string_view value;
};

// Only an expectation of the body needs it: without one the head alone decides, and the prober waits for
// nothing more.
inline bool needs_body(const model::HealthCheck& check) { return check.expect.body.has_value(); }

// Absent: the body decides. Of several fields of one name, one that fits is enough. `fields` may be empty if
// no header is expected.
std::optional<Verdict> judge_head(const model::HealthCheck& check, std::uint16_t status,
                                  std::span<const AnswerField> fields);

// `body` is the whole of it, or its first model::HealthCheck::kBodyBytes; an expression may hang on where it
// ends, so nothing shorter can be judged.
Verdict judge_body(const model::HealthCheck& check, std::string_view body);

}  // namespace weir::health
