#include "lb/model/template.h"

#include <doctest/doctest.h>

namespace weir::model {
namespace {

using Variable = Template::Variable;

constexpr Variable kAllowed[] = {Variable::host, Variable::path};

TEST_CASE("a template is its literal parts and its variables in turn") {
  const std::pair<std::string_view, Template> rows[] = {
      {"", {{{"", Variable::none}}}},
      {"plain", {{{"plain", Variable::none}}}},
      {"#{host}", {{{"", Variable::host}}}},
      {"/a/#{path}!", {{{"/a/", Variable::path}, {"!", Variable::none}}}},
      {"#{host}#{path}", {{{"", Variable::host}, {"", Variable::path}}}},
      {"# {host} #", {{{"# {host} #", Variable::none}}}},
  };
  for (const auto& [text, expected] : rows) {
    CAPTURE(text);
    CHECK(parse_template(text, kAllowed).value() == expected);
    CHECK(to_string(expected) == text);
  }
}

TEST_CASE("a variable that is not known here is an error that says where") {
  CHECK(parse_template("/a/#{hots}", kAllowed).error() ==
        TemplateError{3, "hots", "unknown variable '#{hots}'; here are #{host}, #{path}"});
  CHECK(parse_template("#{client}", kAllowed).error().variable == "client");
  CHECK(parse_template("#{}", kAllowed).error().message ==
        "unknown variable '#{}'; here are #{host}, #{path}");
  CHECK(parse_template("a#{host", kAllowed).error() == TemplateError{1, "", "'#{' without a '}' behind it"});
}

}  // namespace
}  // namespace weir::model
