#include <doctest/doctest.h>

#include "lb/model/access_log.h"

using namespace weir::model;

namespace {

using Error = AccessTemplateError;
using Kind = Error::Kind;

}  // namespace

TEST_CASE("a template is its literal parts and fields in turn") {
  const auto parsed = parse_access_template("{client} \"{header:Referer}\"\t{{{status}}}.");
  REQUIRE(parsed.has_value());
  REQUIRE(parsed->parts.size() == 4);
  CHECK(parsed->parts[0] == AccessTemplate::Part{"", AccessField::client, ""});
  CHECK(parsed->parts[1] == AccessTemplate::Part{" \"", AccessField::header, "Referer"});
  CHECK(parsed->parts[2] == AccessTemplate::Part{"\"\t{", AccessField::status, ""});
  CHECK(parsed->parts[3] == AccessTemplate::Part{"}.", AccessField::none, ""});
}

TEST_CASE("every field can be named, and is written as it was") {
  for (const std::string_view name : access_field_names()) {
    if (name.empty()) continue;
    const std::string text =
        "{{" + std::string("{") + std::string(name) + (name == "header" ? ":X-A}" : "}") + "}}";
    CAPTURE(text);
    const auto parsed = parse_access_template(text);
    REQUIRE(parsed.has_value());
    CHECK(to_string(*parsed) == text);
  }
}

TEST_CASE("what is no template is told with its place") {
  struct Row {
    std::string_view text;
    Error error;
  };
  for (const Row& row :
       {Row{"{client} {", {Kind::brace, 9}}, Row{"a}b", {Kind::brace, 1}},
        Row{"{}", {Kind::unknown_field, 0, 2}}, Row{"{url} {clint}", {Kind::unknown_field, 6, 7, "clint"}},
        Row{"{header}", {Kind::unknown_field, 0, 8, "header"}}, Row{"{header:}", {Kind::not_a_header, 8, 1}},
        Row{"{header:a b}", {Kind::not_a_header, 8, 3, "a b"}},
        Row{"{header:cookie}", {Kind::secret_header, 8, 6, "cookie"}},
        Row{"{header:AUTHORIZATION}", {Kind::secret_header, 8, 13, "AUTHORIZATION"}},
        Row{"{header:Proxy-Authorization}", {Kind::secret_header, 8, 19, "Proxy-Authorization"}},
        Row{"{header:Set-Cookie}", {Kind::secret_header, 8, 10, "Set-Cookie"}},
        Row{"{url}\n", {Kind::control_character, 5}}}) {
    CAPTURE(row.text);
    const auto parsed = parse_access_template(row.text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error() == row.error);
  }
}

TEST_CASE("only an output that begins with syslog: has an address of one") {
  CHECK(syslog_address("syslog:unix:/dev/log") == "unix:/dev/log");
  CHECK(syslog_address("syslog:127.0.0.1:514") == "127.0.0.1:514");
  CHECK(syslog_address("/var/log/syslog:x").empty());
  CHECK(syslog_address("syslog").empty());
}
