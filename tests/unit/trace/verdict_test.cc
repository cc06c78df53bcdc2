#include "lb/trace/verdict.h"

#include <doctest/doctest.h>

namespace weir::trace {

using namespace std::chrono_literals;

TEST_CASE("what a collector answers decides whether spans are sent again, and when") {
  struct Row {
    unsigned status;
    const char* retry_after;
    unsigned tries;
    double jitter;
    Fate fate;
    base::Duration wait;
  };
  const Row rows[] = {
      {200, "", 1, 0, Fate::delivered, 0s},
      {202, "7", 5, 0, Fate::delivered, 0s},
      {0, "", 1, 0, Fate::again, 1s},
      {0, "", 2, 0, Fate::again, 2s},
      {0, "", 4, 0, Fate::again, 8s},
      {0, "", 1, 0.5, Fate::again, 875ms},
      {0, "", 5, 0, Fate::unreachable, 0s},
      {429, "", 1, 0, Fate::again, 1s},
      {502, "", 1, 0, Fate::again, 1s},
      {503, "", 1, 0, Fate::again, 1s},
      {504, "", 1, 0, Fate::again, 1s},
      {503, "3", 1, 0.9, Fate::again, 3s},
      {503, " 0 ", 1, 0, Fate::again, 0s},
      {503, "86400", 1, 0, Fate::again, 30s},
      {503, "18446744073709551615", 1, 0, Fate::again, 30s},
      {503, "Fri, 31 Dec 1999 23:59:59 GMT", 1, 0, Fate::again, 1s},
      {503, "-1", 2, 0, Fate::again, 2s},
      {503, "3", 5, 0, Fate::unreachable, 0s},
      {307, "", 1, 0, Fate::rejected, 0s},
      {400, "", 1, 0, Fate::rejected, 0s},
      {404, "3", 1, 0, Fate::rejected, 0s},
      {413, "", 1, 0, Fate::rejected, 0s},
      {500, "3", 1, 0, Fate::rejected, 0s},
  };
  for (const Row& row : rows) {
    CAPTURE(row.status);
    CAPTURE(row.retry_after);
    CAPTURE(row.tries);
    const Verdict verdict =
        judge({.status = row.status, .retry_after = row.retry_after}, row.tries, row.jitter);
    CHECK(verdict.fate == row.fate);
    CHECK(verdict.wait == row.wait);
  }
  CHECK(judge({}, 100, 0, {.tries = 1000}).wait == 30s);
}

TEST_CASE("a collector says how many spans it has rejected of those that it took") {
  struct Row {
    const char* body;
    std::uint64_t rejected;
  };
  const Row rows[] = {
      {"", 0},
      {"{}", 0},
      {"[]", 0},
      {"{\"partialSuccess\":null}", 0},
      {"{\"partialSuccess\":{}}", 0},
      {"{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"x\"}}", 3},
      {"{\"partialSuccess\":{\"rejectedSpans\":3}}", 3},
      {"{\"partialSuccess\":{\"rejectedSpans\":-3}}", 0},
      {"{\"partialSuccess\":{\"rejectedSpans\":\"many\"}}", 0},
      {"{\"partialSuccess\":{\"rejectedSpans\":\"3", 0},
      {"\xff\xfe", 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body);
    CHECK(rejected_spans(row.body) == row.rejected);
  }
}

}  // namespace weir::trace
