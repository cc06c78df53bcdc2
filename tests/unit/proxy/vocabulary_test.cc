#include "lb/proxy/vocabulary.h"

#include <doctest/doctest.h>

namespace weir::proxy {

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

}  // namespace weir::proxy
