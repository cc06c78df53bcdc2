#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "lb/observe/access_formatter.h"
#include "tests/unit/observe/access_samples.h"

using namespace weir;
using namespace weir::observe;

namespace {

std::string line_of(const AccessRecord& record, std::string_view text,
                    const std::vector<std::string>& redact = {}) {
  const auto parsed = model::parse_access_template(text);
  REQUIRE(parsed.has_value());
  std::string line;
  AccessFormatter().append(line, record, {model::AccessFormat::Kind::text, *parsed}, Redaction(redact));
  return line;
}

}  // namespace

TEST_CASE("each field of a template is what the JSON has under its name") {
  struct Row {
    const char* field;
    const char* value;
  };
  for (const Row& row : {Row{"time", "2023-11-14T22:13:20.123Z"},
                         Row{"type", "http"},
                         Row{"listener", "web"},
                         Row{"client", "2001:db8::1"},
                         Row{"client_port", "51000"},
                         Row{"target_group", "app"},
                         Row{"target", "10.0.1.10:8080"},
                         Row{"target_id", "app-1"},
                         Row{"zone", "az-1"},
                         Row{"rule", "default"},
                         Row{"method", "GET"},
                         Row{"url", "http://example.com:8080/a?b=c"},
                         Row{"protocol", "HTTP/1.1"},
                         Row{"status", "200"},
                         Row{"target_status", "200"},
                         Row{"received_bytes", "120"},
                         Row{"sent_bytes", "18446744073709551615"},
                         Row{"user_agent", "curl/8"},
                         Row{"request_id", "1-2"},
                         Row{"trace_id", "00-ab-cd-01"},
                         Row{"queue_seconds", "0.000000"},
                         Row{"connect_seconds", "0.000001"},
                         Row{"first_byte_seconds", "0.012345"},
                         Row{"total_seconds", "3601.000000"},
                         Row{"attempts", "2"},
                         Row{"reused", "true"},
                         Row{"reason", "-"},
                         Row{"classification", "-"},
                         Row{"classification_reason", "-"}}) {
    CAPTURE(row.field);
    CHECK(line_of(complete_record(), "{" + std::string(row.field) + "}") == std::string(row.value) + "\n");
    CHECK(line_of(AccessRecord(), "<{" + std::string(row.field) + "}>").size() > 3);
  }
}

TEST_CASE("a template may name what TLS, a PROXY header and gRPC say, each a dash where there is none") {
  struct Row {
    const char* field;
    const char* value;
  };
  AccessRecord record = tls_record();
  record.grpc_status = 5;
  for (const Row& row : {Row{"tls_version", "TLSv1.3"}, Row{"tls_cipher", "TLS_AES_128_GCM_SHA256"},
                         Row{"server_name", "example.com"}, Row{"proxied_alpn", "http/1.1"},
                         Row{"proxied_server_name", "front.test"}, Row{"proxied_tls_version", "TLSv1.2"},
                         Row{"proxied_tls_cipher", "ECDHE-RSA-AES128-GCM-SHA256"}, Row{"grpc_status", "5"}}) {
    CAPTURE(row.field);
    CHECK(line_of(record, "{" + std::string(row.field) + "}") == std::string(row.value) + "\n");
    CHECK(line_of(complete_record(), "{" + std::string(row.field) + "}") == "-\n");
  }
}

TEST_CASE("the headers of a request are written as they came, several as one, none as a dash") {
  http::FieldList headers;
  headers.add("Referer", "http://a/?token=x");
  headers.add("X-A", "one");
  headers.add("x-a", "two");
  headers.add("X-Key", "secret");
  AccessRecord record = complete_record();
  record.headers = &headers;
  CHECK(line_of(record, "[{header:x-a}] [{header:X-B}] {header:referer}") ==
        "[one, two] [-] http://a/?token=x\n");
  CHECK(line_of(record, "{header:x-key} {header:referer}", {"X-Key", "Token"}) ==
        "REDACTED http://a/?token=REDACTED\n");
}

TEST_CASE("no value ends the line or a quoted field, and quotes of JSON stay JSON") {
  const AccessRecord record = hostile_record();
  for (const std::string_view name : model::access_field_names()) {
    if (name.empty() || name == "header") continue;
    CAPTURE(name);
    const std::string line = line_of(record, "\"{" + std::string(name) + "}\"");
    CHECK(std::ranges::count(line, '"') == 2);
    CHECK(std::ranges::count(line, '\n') == 1);
    CHECK(nlohmann::json::accept(line));
  }
}
