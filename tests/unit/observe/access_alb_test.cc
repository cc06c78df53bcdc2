#include "lb/observe/access_alb.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include "tests/unit/observe/access_samples.h"

namespace weir::observe {

using namespace std::chrono_literals;

namespace {

std::string line_of(const AccessRecord& record) {
  std::string line;
  AccessTime time;
  append_alb(line, record, time);
  return line;
}

// The fields as a reader of ALB's logs splits them: at spaces outside of quotes.
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == ' ' && !quoted) {
      fields.emplace_back();
    } else if (c != '\n') {
      fields.back() += c;
    }
  }
  return fields;
}

// As its users' manual has them ("Access log entries").
constexpr const char* kNames[] = {"type",
                                  "time",
                                  "elb",
                                  "client:port",
                                  "target:port",
                                  "request_processing_time",
                                  "target_processing_time",
                                  "response_processing_time",
                                  "elb_status_code",
                                  "target_status_code",
                                  "received_bytes",
                                  "sent_bytes",
                                  "\"request\"",
                                  "\"user_agent\"",
                                  "ssl_cipher",
                                  "ssl_protocol",
                                  "target_group_arn",
                                  "\"trace_id\"",
                                  "\"domain_name\"",
                                  "\"chosen_cert_arn\"",
                                  "matched_rule_priority",
                                  "request_creation_time",
                                  "\"actions_executed\"",
                                  "\"redirect_url\"",
                                  "\"error_reason\"",
                                  "\"target:port_list\"",
                                  "\"target_status_code_list\"",
                                  "\"classification\"",
                                  "\"classification_reason\"",
                                  "conn_trace_id",
                                  "\"transformed_host\"",
                                  "\"transformed_uri\"",
                                  "\"request_transform_status\""};
constexpr std::size_t kFields = std::size(kNames);

// By name; a field with quotes has them.
std::map<std::string, std::string> named_fields_of(const AccessRecord& record) {
  const std::vector<std::string> fields = fields_of(line_of(record));
  REQUIRE(fields.size() == kFields);
  std::map<std::string, std::string> named;
  for (std::size_t i = 0; i < kFields; ++i) {
    std::string name = kNames[i];
    const bool quoted = name.front() == '"';
    CHECK_MESSAGE((fields[i].starts_with('"') && fields[i].ends_with('"')) == quoted, name);
    named[quoted ? name.substr(1, name.size() - 2) : name] = fields[i];
  }
  return named;
}

}  // namespace

TEST_CASE("an exchange is a line with ALB's fields in ALB's order") {
  AccessRecord record = complete_record();
  record.client = access_part<AccessClient>("http", "web", "192.0.2.7", std::uint16_t{51000});
  record.request = 5ms;
  record.redirect_url = "https://example.com:443/";
  record.reason = "target_reset";
  record.classification = "ambiguous";
  record.classification_reason = "DuplicateContentLength";
  record.route = access_part<AccessRoute>("third", 3, "forward");
  record.sent_bytes = 366;
  const std::string line = line_of(record);
  CHECK(
      line ==
      "http 2023-11-14T22:13:20.123999Z web 192.0.2.7:51000 10.0.1.10:8080 0.005 0.012 0.000 200 200 120 366 "
      "\"GET http://example.com:8080/a?b=c HTTP/1.1\" \"curl/8\" - - app \"00-ab-cd-01\" \"-\" \"-\" 3 "
      "2023-11-14T21:13:19.123999Z \"forward\" \"https://example.com:443/\" \"target_reset\" "
      "\"10.0.1.10:8080\" \"200\" \"Ambiguous\" \"DuplicateContentLength\" - \"-\" \"-\" \"-\"\n");
  CHECK(fields_of(line).size() == kFields);
}

TEST_CASE("what an exchange never came to is -1 or a dash") {
  AccessRecord record;
  record.status = 400;
  record.client = access_part<AccessClient>("http", "", "192.0.2.7", std::uint16_t{7});
  CHECK(
      line_of(record) ==
      "http 1970-01-01T00:00:00.000000Z - 192.0.2.7:7 - -1 -1 -1 400 - 0 0 \"- - -\" \"-\" - - - \"-\" \"-\" "
      "\"-\" - 1970-01-01T00:00:00.000000Z \"-\" \"-\" \"-\" \"-\" \"-\" \"-\" \"-\" - \"-\" \"-\" \"-\"\n");
}

TEST_CASE("each kind of exchange has the fields that ALB gives it") {
  struct Row {
    const char* what;
    void (*change)(AccessRecord& record);
    std::map<std::string, std::string> expected;
  };
  const Row rows[] = {
      {"forwarded by a rule",
       [](AccessRecord& record) { record.route = access_part<AccessRoute>("seventh", 7, "forward"); },
       {{"matched_rule_priority", "7"},
        {"actions_executed", "\"forward\""},
        {"request", "\"GET http://example.com:8080/a?b=c HTTP/1.1\""},
        {"target:port", "10.0.1.10:8080"},
        {"target:port_list", "\"10.0.1.10:8080\""},
        {"target_status_code_list", "\"200\""},
        {"error_reason", "\"-\""},
        {"redirect_url", "\"-\""},
        {"classification", "\"-\""}}},
      {"by the default action", [](AccessRecord&) {}, {{"matched_rule_priority", "0"}}},
      {"redirected",
       [](AccessRecord& record) {
         record.route = access_part<AccessRoute>("default", 0, "redirect");
         record.redirect_url = "https://example.com:443/a?b=c";
         record.status = 301;
         record.target = &no_access_target();
         record.target_status = 0;
         record.request = record.first_byte = kNotReached;
       },
       {{"actions_executed", "\"redirect\""},
        {"redirect_url", "\"https://example.com:443/a?b=c\""},
        {"elb_status_code", "301"},
        {"target:port", "-"},
        {"target_status_code", "-"},
        {"target_group_arn", "-"},
        {"target:port_list", "\"-\""},
        {"target_status_code_list", "\"-\""},
        {"request_processing_time", "-1"},
        {"target_processing_time", "-1"},
        {"response_processing_time", "-1"}}},
      {"a target that refuses",
       [](AccessRecord& record) {
         record.status = 502;
         record.target_status = 0;
         record.reason = "connect_refused";
         record.connect = record.first_byte = kNotReached;
       },
       {{"elb_status_code", "502"},
        {"target_status_code", "-"},
        {"target:port", "10.0.1.10:8080"},
        {"error_reason", "\"connect_refused\""},
        {"request_processing_time", "-1"},
        {"target_processing_time", "-1"},
        {"response_processing_time", "-1"}}},
      {"a target that does not answer",
       [](AccessRecord& record) {
         record.status = 504;
         record.target_status = 0;
         record.request = 2ms;
         record.first_byte = kNotReached;
       },
       {{"elb_status_code", "504"},
        {"request_processing_time", "0.002"},
        {"target_processing_time", "-1"},
        {"response_processing_time", "-1"}}},
      {"a client that goes away",
       [](AccessRecord& record) { record.status = 460; },
       {{"elb_status_code", "460"}, {"target_status_code", "200"}}},
      {"a malformed request, which met no rule",
       [](AccessRecord& record) {
         record.status = 400;
         record.target_status = 0;
         record.method = record.authority = record.request_target = record.protocol = "";
         record.target = &no_access_target();
         record.route = &no_access_route();
         record.request = record.first_byte = kNotReached;
         record.classification = "severe";
         record.classification_reason = "BadHeader";
       },
       {{"request", "\"- - -\""},
        {"matched_rule_priority", "-"},
        {"actions_executed", "\"-\""},
        {"classification", "\"Severe\""},
        {"classification_reason", "\"BadHeader\""}}},
      {"a WebSocket",
       [](AccessRecord& record) {
         record.client = access_part<AccessClient>("ws", "web", "192.0.2.7", std::uint16_t{7});
       },
       {{"type", "ws"}}},
      {"HTTP/2 over TLS",
       [](AccessRecord& record) { record = tls_record(); },
       {{"type", "h2"},
        {"ssl_cipher", "TLS_AES_128_GCM_SHA256"},
        {"ssl_protocol", "TLSv1.3"},
        {"domain_name", "\"example.com\""},
        {"chosen_cert_arn", "\"-\""},
        {"request", "\"GET https://example.com:443/a?b=c HTTP/2.0\""}}},
      {"TLS without a server name",
       [](AccessRecord& record) {
         record.client = access_part<AccessClient>(
             "https", "web", "192.0.2.7", std::uint16_t{7},
             AccessIntroduction{.tls = {.version = "TLSv1.2", .cipher = "ECDHE-RSA-AES128-GCM-SHA256"}});
       },
       {{"ssl_cipher", "ECDHE-RSA-AES128-GCM-SHA256"},
        {"ssl_protocol", "TLSv1.2"},
        {"domain_name", "\"-\""}}},
      {"TLS that ended at a proxy in front",
       [](AccessRecord& record) {
         record.client = access_part<AccessClient>(
             "http", "web", "192.0.2.7", std::uint16_t{7},
             AccessIntroduction{.proxied_alpn = "h2", .proxied_tls = {.version = "TLSv1.3"}});
       },
       {{"type", "http"}, {"ssl_cipher", "-"}, {"ssl_protocol", "-"}, {"domain_name", "\"-\""}}},
      {"a client of a unix socket",
       [](AccessRecord& record) {
         record.client = access_part<AccessClient>("http", "web", "unix", std::uint16_t{0});
       },
       {{"client:port", "unix:0"}}},
      {"no user agent and no trace",
       [](AccessRecord& record) { record.user_agent = record.trace_id = ""; },
       {{"user_agent", "\"-\""}, {"trace_id", "\"-\""}}},
      {"a quote and a backslash from outside",
       [](AccessRecord& record) { record.user_agent = R"(a"b\c)"; },
       {{"user_agent", R"("a\u0022b\\c")"}}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    AccessRecord record = complete_record();
    row.change(record);
    const auto fields = named_fields_of(record);
    for (const auto& [name, text] : row.expected) {
      REQUIRE_MESSAGE(fields.contains(name), name);
      CHECK_MESSAGE(fields.at(name) == text, name, ": ", fields.at(name));
    }
  }
}

TEST_CASE("what goes over a connection has ALB's word") {
  struct Row {
    AccessTraffic traffic;
    const char* word = "";
  };
  for (const Row& row :
       {Row{{}, "http"}, Row{{.http2 = true}, "http"},  // without TLS it has no word for it
        Row{{.http2 = true, .grpc = true}, "http"}, Row{{.tunnel = true}, "ws"}, Row{{.tls = true}, "https"},
        Row{{.tls = true, .http2 = true}, "h2"}, Row{{.tls = true, .http2 = true, .grpc = true}, "grpcs"},
        Row{{.tls = true, .tunnel = true}, "wss"},
        Row{{.tls = true, .http2 = true, .tunnel = true}, "wss"}}) {
    CHECK(access_type(row.traffic) == row.word);
  }
}

TEST_CASE("an IPv6 client stands in brackets before its port") {
  CHECK(fields_of(line_of(complete_record()))[3] == "[2001:db8::1]:51000");
}

TEST_CASE("hostile bytes neither end a line of ALB's nor begin a field") {
  AccessRecord record = complete_record();
  for (std::string_view* field : {&record.authority, &record.request_target, &record.user_agent,
                                  &record.trace_id, &record.redirect_url, &record.reason}) {
    *field = kHostile;
  }
  const std::string line = line_of(record);
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(fields_of(line).size() == kFields);
  CHECK(std::ranges::none_of(line.substr(0, line.size() - 1),
                             [](char c) { return static_cast<unsigned char>(c) < ' '; }));
  CHECK(line.find("\\u0022}\\u000a{\\u0022 - \\u000d\\\\xff\\u0001\\\\") != std::string::npos);
  const std::string all = line_of(hostile_record());
  CHECK(all.find('\n') == all.size() - 1);
}

}  // namespace weir::observe
