#include "lb/trace/cause.h"

#include <doctest/doctest.h>

#include <cerrno>

namespace weir::trace {

using namespace std::chrono_literals;
using wire::Reason;

TEST_CASE("why a collector takes no spans is told in words that fit a collector") {
  struct Row {
    wire::Failure failure;
    const char* words;
  };
  for (const Row& row : {Row{{Reason::connect_refused, {}, ECONNREFUSED}, "Connection refused"},
                         Row{{Reason::connect_timeout}, "it accepts no connection in time"},
                         Row{{Reason::target_closed}, "it closes the connection without an answer"},
                         Row{{Reason::target_reset}, "it closes the connection without an answer"},
                         Row{{Reason::target_reset, {}, ECONNRESET}, "Connection reset by peer"},
                         Row{{Reason::response_truncated}, "it closes the connection inside of its answer"},
                         Row{{Reason::response_malformed, http::Problem::bad_status_line},
                             "its answer is no proper HTTP (bad_status_line)"}}) {
    CAPTURE(row.words);
    CHECK(words_for(row.failure) == row.words);
  }
  CHECK(cause_of({.status = 503, .error = "x"}) == "status 503");
  CHECK(cause_of({}) == "no answer");
  CHECK(cause_of({.error = "a\nb"}) == "a\\nb");
}

TEST_CASE("a collector that fails is told of once, again for another cause, and when it works") {
  const base::Instant start{1h};
  CauseNews news;
  CHECK_FALSE(news.is_news("", start));
  CHECK(news.is_news("status 503", start));
  CHECK_FALSE(news.is_news("status 503", start + 1h));
  CHECK(news.is_news("status 400", start + 1h));
  CHECK(news.is_news("", start + 1h + 1ms));
  CHECK_FALSE(news.is_news("", start + 2h));
  CHECK(news.is_news("status 400", start + 2h));
}

TEST_CASE("one that comes and goes is told of every ten seconds, and the last that was told stays true") {
  const base::Instant start{1h};
  CauseNews news;
  CHECK(news.is_news("status 503", start));
  CHECK_FALSE(news.is_news("status 400", start + 1s));
  CHECK_FALSE(news.is_news("status 503", start + 2s));
  CHECK_FALSE(news.is_news("status 400", start + 9s));
  CHECK(news.is_news("status 400", start + 10s));
  CHECK(news.is_news("", start + 11s));
  CHECK_FALSE(news.is_news("status 400", start + 12s));
  CHECK_FALSE(news.is_news("", start + 13s));
  CHECK(news.is_news("status 400", start + 20s));
}

}  // namespace weir::trace
