#include "lb/observe/access_alb.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "tests/unit/observe/access_samples.h"

using namespace weir::observe;
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

constexpr std::size_t kFields = 33;

}  // namespace

TEST_CASE("an exchange is a line with ALB's fields in ALB's order") {
  AccessRecord record = complete_record();
  record.client = "192.0.2.7";
  record.connect = 4ms;
  record.queue = 1ms;
  record.redirect_url = "https://example.com:443/";
  record.reason = "target_reset";
  record.classification = "Ambiguous";
  record.classification_reason = "DuplicateContentLength";
  record.rule_number = 3;
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
  record.client = "192.0.2.7";
  record.client_port = 7;
  CHECK(
      line_of(record) ==
      "http 1970-01-01T00:00:00.000000Z - 192.0.2.7:7 - -1 -1 -1 400 - 0 0 \"- - -\" \"-\" - - - \"-\" \"-\" "
      "\"-\" -1 1970-01-01T00:00:00.000000Z \"-\" \"-\" \"-\" \"-\" \"-\" \"-\" \"-\" - \"-\" \"-\" \"-\"\n");
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
