#include "lb/wire/failure.h"

#include <doctest/doctest.h>

#include <set>

namespace weir::wire {

TEST_CASE("every reason has a word of its own") {
  std::set<std::string_view> words;
  for (const std::string_view word : reason_words()) {
    CHECK_FALSE(word.empty());
    CHECK(words.insert(word).second);
  }
  CHECK(words.size() == static_cast<std::size_t>(Reason::count_));
}

TEST_CASE("a failure that can be answered has a status of errors and an error type of RFC 9209") {
  for (std::size_t i = 1; i < static_cast<std::size_t>(Reason::count_); ++i) {
    const ReasonTraits& its = traits(static_cast<Reason>(i));
    CAPTURE(its.word);
    if (its.status == 0) continue;
    CHECK(its.status >= 400);
    CHECK(its.status < 600);
    CHECK_FALSE(its.proxy_error.empty());
  }
}

TEST_CASE("the reasons lead to the statuses that the interface names") {
  const struct {
    Failure failure;
    unsigned expected;
    std::string_view its_word;
  } rows[] = {
      {{Reason::malformed, http::Problem::missing_host, 0}, 400, "missing_host"},
      {{Reason::malformed, http::Problem::header_too_large, 0}, 431, "header_too_large"},
      {{Reason::malformed, http::Problem::via_loop, 0}, 508, "via_loop"},
      {{Reason::header_timeout, http::Problem::none, 0}, 408, "header_timeout"},
      {{Reason::body_timeout, http::Problem::none, 0}, 408, "body_timeout"},
      {{Reason::body_too_large, http::Problem::none, 0}, 413, "body_too_large"},
      {{Reason::plain_http, http::Problem::none, 0}, 400, "plain_http"},
      {{Reason::misdirected, http::Problem::none, 0}, 421, "misdirected"},
      {{Reason::connect_refused, http::Problem::none, 111}, 502, "connect_refused"},
      {{Reason::connect_timeout, http::Problem::none, 0}, 504, "connect_timeout"},
      {{Reason::target_tls, http::Problem::none, 0}, 502, "target_tls"},
      {{Reason::target_certificate, http::Problem::none, 0}, 502, "target_certificate"},
      {{Reason::stream_refused, http::Problem::none, 0}, 502, "stream_refused"},
      {{Reason::target_leaving, http::Problem::none, 0}, 502, "target_leaving"},
      {{Reason::target_closed, http::Problem::none, 0}, 502, "target_closed"},
      {{Reason::target_stream_reset, http::Problem::none, 0}, 502, "target_stream_reset"},
      {{Reason::deadline_exceeded, http::Problem::none, 0}, 504, "deadline_exceeded"},
      {{Reason::response_timeout, http::Problem::none, 0}, 504, "response_timeout"},
      {{Reason::response_malformed, http::Problem::bad_status_line, 0}, 502, "response_malformed"},
      {{Reason::no_target, http::Problem::none, 0}, 503, "no_target"},
      {{Reason::method_not_allowed, http::Problem::none, 0}, 405, "method_not_allowed"},
      {{Reason::client_gone, http::Problem::none, 0}, 0, "client_gone"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.its_word);
    CHECK(status(row.failure) == row.expected);
    CHECK(word(row.failure) == row.its_word);
  }
}

TEST_CASE("a server error is what weir answers with 5xx") {
  CHECK(is_server_error("connect_refused"));
  CHECK(is_server_error("no_target"));
  CHECK_FALSE(is_server_error("header_timeout"));
  CHECK_FALSE(is_server_error("client_gone"));
  CHECK_FALSE(is_server_error("nothing of weir's"));
}

TEST_CASE("a handshake that failed is told from a certificate that is not right") {
  CHECK(proxy_error({Reason::target_tls, http::Problem::none, 0}) == "tls_protocol_error");
  CHECK(proxy_error({Reason::target_certificate, http::Problem::none, 0}) == "tls_certificate_error");
}

TEST_CASE("a connect that failed, its handshake included, is told from what happens on a connection") {
  for (const Reason reason : {Reason::connect_refused, Reason::connect_unreachable, Reason::connect_timeout,
                              Reason::connect_failed, Reason::target_tls, Reason::target_certificate}) {
    CAPTURE(traits(reason).word);
    CHECK(is_connect_failure(reason));
  }
  for (const Reason reason :
       {Reason::none, Reason::target_reset, Reason::target_closed, Reason::stream_refused,
        Reason::target_stream_reset, Reason::plain_http, Reason::no_descriptor}) {
    CAPTURE(traits(reason).word);
    CHECK_FALSE(is_connect_failure(reason));
  }
}

TEST_CASE("what a target refuses unread it has not processed, as what never reached it") {
  CHECK(is_unprocessed(Reason::stream_refused));
  CHECK(is_unprocessed(Reason::target_leaving));
  CHECK(is_unprocessed(Reason::connect_refused));
  CHECK_FALSE(is_unprocessed(Reason::target_stream_reset));
  CHECK_FALSE(is_unprocessed(Reason::target_reset));
}

TEST_CASE("a loop is told by its error type, whoever finds it") {
  CHECK(proxy_error({Reason::malformed, http::Problem::via_loop, 0}) == "proxy_loop_detected");
  CHECK(proxy_error({Reason::malformed, http::Problem::missing_host, 0}) == "http_request_error");
}

}  // namespace weir::wire
