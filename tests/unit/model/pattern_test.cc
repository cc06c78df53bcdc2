#include "lb/model/pattern.h"

#include <doctest/doctest.h>

#include "lb/model/rule.h"

namespace weir::model {
namespace {

using Case = Pattern::Case;

Pattern parsed(std::string_view text, Case letters = Case::sensitive) {
  return Pattern::parse(text, letters).value();
}

TEST_CASE("an index is told what a pattern's texts begin and end with") {
  struct Row {
    std::string_view text;
    std::optional<std::string_view> exact;
    std::optional<std::string_view> prefix;
    std::optional<std::string_view> suffix;
    std::string_view literal_prefix;
    std::string_view literal_suffix;
  };
  const Row rows[] = {
      {"=/a*b", "/a*b", {}, {}, "/a*b", "/a*b"},
      {"/a/b", "/a/b", {}, {}, "/a/b", "/a/b"},
      {R"(/a\*b)", "/a*b", {}, {}, "/a*b", "/a*b"},
      {"/a/*", {}, "/a/", {}, "/a/", ""},
      {"*.a.com", {}, {}, ".a.com", "", ".a.com"},
      {"*", {}, "", "", "", ""},
      {"/a/*/b?c", {}, {}, {}, "/a/", "c"},
      {"/a?*", {}, {}, {}, "/a", ""},
      {"*?a", {}, {}, {}, "", "a"},
      {"a?b", {}, {}, {}, "a", "b"},
      {"~^/a", {}, {}, {}, "", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Pattern pattern = parsed(row.text);
    CHECK(pattern.exact() == row.exact);
    CHECK(pattern.prefix() == row.prefix);
    CHECK(pattern.suffix() == row.suffix);
    CHECK(pattern.literal_prefix() == row.literal_prefix);
    CHECK(pattern.literal_suffix() == row.literal_suffix);
  }
  CHECK(parsed("=API.example.com", Case::insensitive).exact() == "api.example.com");
  CHECK(Pattern::parse_part("a").value().exact() == std::nullopt);
}

TEST_CASE("an exact text has neither wildcards nor escapes") {
  CHECK(parsed("=a*").matches("a*"));
  CHECK_FALSE(parsed("=a*").matches("ab"));
  CHECK(parsed("=a\\d").matches("a\\d"));
  CHECK(parsed("=A", Case::insensitive).matches("a"));
}

TEST_CASE("patterns of different kinds cover each other where that is sure") {
  CHECK(parsed("*").covers(parsed("~^a")));
  CHECK(parsed("~^a").covers(parsed("~^a")));
  CHECK_FALSE(parsed("~^a").covers(parsed("~^ab")));
  CHECK(parsed("~^a").covers(parsed("=ab")));
  CHECK(parsed("a*").covers(parsed("=a*")));
  CHECK_FALSE(parsed("=a*").covers(parsed("a*")));
  CHECK_FALSE(parsed("~^a").covers(parsed("=ab", Case::insensitive)));
  CHECK(parsed("~^A", Case::insensitive).covers(parsed("=ab")));
}

TEST_CASE("the first match of an expression is replaced, the rest stays") {
  struct Row {
    std::string_view expression;
    std::string_view replacement;
    std::string_view text;
    std::optional<std::string> result;
  };
  const Row rows[] = {
      {"^/old/(.*)$", "/new/$1", "/old/a/b", "/new/a/b"},
      {"^/old/(.*)$", "/new/$1", "/older", std::nullopt},
      {"a", "b", "aaa", "baa"},
      {"(a)(b)?", "[$1$2$1]", "xac", "x[aa]c"},
      {"a", "$$1", "a", "$1"},
      {"", "x", "abc", "xabc"},
      {"$", "x", "abc", "abcx"},
      {"^", "x", "", "x"},
      {"(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)", "$9$1", "abcdefghij", "ia"},
      {"\xff", "x", "\xfe\xff", "\xfex"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.expression);
    const auto substitution = Substitution::parse(row.expression, row.replacement).value();
    CHECK(substitution.expression.replace_first(row.text, substitution.replacement) == row.result);
  }
}

TEST_CASE("a replacement that the expression does not take is refused") {
  const auto error = [](std::string_view expression, std::string_view replacement) {
    return Substitution::parse(expression, replacement).error();
  };
  CHECK(error("(a)", "$2") == "$2: the expression has the groups $1 to $1");
  CHECK(error("a", "$1") == "$1: the expression has no groups");
  CHECK(error("(a)", "$0") == "$0: the expression has the groups $1 to $1");
  CHECK(error("(a)", "a$") == "only a digit or another $ can follow a $; write $$ for one");
  CHECK(error("(a)", "$x") == "only a digit or another $ can follow a $; write $$ for one");
  CHECK(error("(a", "x") == "missing ): (a");
}

}  // namespace
}  // namespace weir::model
