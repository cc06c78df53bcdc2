#include "lb/model/wildcard.h"

#include <doctest/doctest.h>

#include "lb/base/random.h"
#include "lb/base/text.h"

namespace weir::model {
namespace {

using Case = Wildcard::Case;

Wildcard parsed_wildcard(std::string_view text, Case letters = Case::sensitive) {
  return Wildcard::parse(text, letters).value();
}

// As the definition says, without any thought of time.
bool matches_by_definition(std::string_view pattern, std::string_view text, Case letters) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    return matches_by_definition(pattern.substr(1), text, letters) ||
           (!text.empty() && matches_by_definition(pattern, text.substr(1), letters));
  }
  if (text.empty()) return false;
  const bool any = pattern.front() == '?';
  if (pattern.front() == '\\') pattern.remove_prefix(1);
  const char a = pattern.front(), b = text.front();
  const bool same = letters == Case::sensitive ? a == b : base::lower(a) == base::lower(b);
  return (any || same) && matches_by_definition(pattern.substr(1), text.substr(1), letters);
}

std::string random_text(base::Random& random, std::string_view characters, std::size_t most) {
  std::string text;
  for (std::uint64_t size = random.below(most + 1); size > 0; --size) {
    text += characters[random.below(characters.size())];
  }
  return text;
}

// Of stars, question marks, letters and escapes.
std::string random_wildcard(base::Random& random) {
  std::string text;
  for (std::uint64_t size = random.below(7); size > 0; --size) {
    text += random.below(8) == 0 ? "\\*" : std::string(1, "**?abA"[random.below(6)]);
  }
  return text;
}

TEST_CASE("a wildcard matches the whole text, with * for any bytes and ? for one") {
  struct Row {
    std::string_view pattern;
    std::string_view text;
    bool matches;
  };
  const Row rows[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "anything", true},
      {"?", "", false},
      {"?", "\xff", true},
      {"/v1/*", "/v1/", true},
      {"/v1/*", "/v1", false},
      {"/v1/*", "/v2/v1/", false},
      {"*.example.com", "a.b.example.com", true},
      {"*.example.com", "example.com", false},
      {"a*a", "a", false},
      {"a*a", "aa", true},
      {"*ab*ab*", "ab", false},
      {"*ab*ab*", "xabyabz", true},
      {"*a?c*", "aabcc", true},
      {"*a?c*", "ac", false},
      {"a**b", "ab", true},
      {"?*?", "a", false},
      {"?*?", "ab", true},
      {R"(a\*b)", "a*b", true},
      {R"(a\*b)", "axb", false},
      {R"(a\?b)", "a?b", true},
      {R"(a\?b)", "axb", false},
      {R"(a\\b)", R"(a\b)", true},
      {R"(\\*)", R"(\anything)", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.text);
    CHECK(parsed_wildcard(row.pattern).matches(row.text) == row.matches);
  }
}

TEST_CASE("a backslash without a wildcard behind it is an error") {
  CHECK(Wildcard::parse("a\\", Case::sensitive).error() == "ends in a lone backslash; write \\\\ for one");
  CHECK(Wildcard::parse("\\d+", Case::sensitive).error() == "\\d: only *, ? and \\ can follow a backslash");
}

TEST_CASE("letters of either case are the same where they are told to be") {
  CHECK(parsed_wildcard("*.Example.com", Case::insensitive).matches("WWW.EXAMPLE.COM"));
  CHECK(parsed_wildcard("*Exam?le*", Case::insensitive).matches("wwwEXAMPLEcom"));
  CHECK_FALSE(parsed_wildcard("*Example*").matches("EXAMPLE"));
}

TEST_CASE("what is found by searching is what the definition says") {
  base::Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::string pattern = random_wildcard(random);
    const Case letters = random.below(2) == 0 ? Case::sensitive : Case::insensitive;
    const std::string text = random_text(random, "aabB*", 9);
    CAPTURE(pattern);
    CAPTURE(text);
    REQUIRE(parsed_wildcard(pattern, letters).matches(text) == matches_by_definition(pattern, text, letters));
  }
}

TEST_CASE("a piece of more than 64 bytes is found") {
  const std::string piece = std::string(70, 'a') + "?" + std::string(70, 'b');
  const Wildcard wildcard = parsed_wildcard("*" + piece + "*c");
  CHECK(wildcard.matches(std::string(90, 'a') + "x" + std::string(70, 'b') + "c"));
  CHECK_FALSE(wildcard.matches(std::string(90, 'a') + "x" + std::string(69, 'b') + "c"));
}

TEST_CASE("a long text made to be searched again and again matches nothing in the end") {
  const std::string text(1 << 20, 'a');
  const std::string piece(60, 'a');
  CHECK_FALSE(parsed_wildcard("*" + piece + "b*" + piece + "b*").matches(text));
  CHECK_FALSE(parsed_wildcard("*" + piece + "?b*", Case::insensitive).matches(text));
  CHECK_FALSE(parsed_wildcard("*a*a*a*a*a*a*a*a*a*b").matches(text));
}

TEST_CASE("a wildcard covers what matches nothing that it does not match itself") {
  struct Row {
    std::string_view wide;
    std::string_view narrow;
    bool covers;
  };
  const Row rows[] = {
      {"*", "a*", true},       {"a*", "ab*", true},   {"a*", "a", true},          {"ab*", "a*", false},
      {"a?c", "abc", true},    {"a?c", "a*c", false}, {"*.com", "*.a.com", true}, {"a*c", "a*b*c", true},
      {"a*b*c", "a*c", false}, {"?*", "*", false},    {"?*", "??", true},         {R"(a\*)", "a*", false},
      {"a*", R"(a\*)", true},  {"abc", "abc", true},  {"abc", "abd", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.wide);
    CAPTURE(row.narrow);
    CHECK(parsed_wildcard(row.wide).covers(parsed_wildcard(row.narrow)) == row.covers);
  }
  CHECK(parsed_wildcard("A*", Case::insensitive).covers(parsed_wildcard("ab")));
  CHECK_FALSE(parsed_wildcard("a*").covers(parsed_wildcard("ab", Case::insensitive)));
  CHECK(parsed_wildcard("/1*").covers(parsed_wildcard("/1/a*", Case::insensitive)));
}

TEST_CASE("what a covered wildcard matches, the covering one matches") {
  base::Random random(2);
  int covered = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string wide = random_wildcard(random);
    const std::string narrow = random_wildcard(random);
    const std::string text = random_text(random, "aabB*", 5);
    const Wildcard a = parsed_wildcard(wide, random.below(2) == 0 ? Case::sensitive : Case::insensitive);
    const Wildcard b = parsed_wildcard(narrow, random.below(2) == 0 ? Case::sensitive : Case::insensitive);
    if (!a.covers(b) || !b.matches(text)) continue;
    ++covered;
    CAPTURE(wide);
    CAPTURE(narrow);
    CAPTURE(text);
    REQUIRE(a.matches(text));
  }
  CHECK(covered > 200);
}

}  // namespace
}  // namespace weir::model
