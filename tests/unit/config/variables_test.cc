#include "config/keys/variables.h"

#include "tests/unit/config/support.h"

namespace weir::config {

using ProblemKind = VariableProblem::Kind;

TEST_CASE("variables are replaced inside of text, once") {
  const Environment environment{{"NAME", "weir"}, {"EMPTY", ""}, {"NESTED", "${NAME}"}};
  struct {
    std::string_view text;
    std::string_view expected;
  } const rows[] = {{"plain", "plain"},
                    {"${NAME}", "weir"},
                    {"a${NAME}b${NAME}", "aweirbweir"},
                    {"${EMPTY}", ""},
                    {"${EMPTY:-x}", "x"},
                    {"${OTHER:-a:-b}", "a:-b"},
                    {"${OTHER:-}", ""},
                    {"${NAME:-x}", "weir"},
                    {"${NESTED}", "${NAME}"},
                    {"$NAME $ $5", "$NAME $ $5"},
                    {"$${NAME}", "${NAME}"},
                    {"${NAME}$${", "weir${"}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(expand_variables(row.text, environment) == std::string(row.expected));
  }
}

TEST_CASE("a variable that can't be replaced says which bytes are to blame") {
  struct {
    std::string_view text;
    ProblemKind kind;
    std::size_t begin;
    std::size_t length;
  } const rows[] = {{"a${OTHER}", ProblemKind::unset, 1, 8},   {"${}", ProblemKind::not_a_name, 0, 3},
                    {"${9}", ProblemKind::not_a_name, 0, 4},   {"${A B}", ProblemKind::not_a_name, 0, 6},
                    {"xy${NAME", ProblemKind::unclosed, 2, 2}, {"${:-x}", ProblemKind::not_a_name, 0, 6}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto expanded = expand_variables(row.text, {});
    REQUIRE_FALSE(expanded.has_value());
    CHECK(expanded.error().kind == row.kind);
    CHECK(expanded.error().begin == row.begin);
    CHECK(expanded.error().length == row.length);
  }
}

TEST_CASE("protected text expands to itself") {
  for (const std::string text : {"", "$", "${", "$${", "${NAME}", "a${b}${c}$"}) {
    CAPTURE(text);
    CHECK(expand_variables(protect_variables(text), {}) == text);
  }
}

TEST_CASE("a variable may hold any value, a word such as off too, but never structure") {
  const Environment environment{{"PORT", "9001"}, {"IDLE", "off"}, {"LIST", "[10.0.0.1:80]"}, {"VIA", "on"}};
  const auto snapshot = snapshot_of(
      "listeners: { web: { bind: \"0.0.0.0:${PORT}\", forward: app, forwarded: { via: \"${VIA}\" },\n"
      "                    timeouts: { idle: \"${IDLE}\" } } }\n" +
          std::string(kGroup),
      environment);
  CHECK(snapshot.listeners[0].binds[0].address.port() == 9001);
  CHECK(snapshot.listeners[0].forwarded.via);
  CHECK_FALSE(snapshot.listeners[0].timeouts.idle.has_value());
  CHECK(first_error(std::string(kListener) + "target_groups: { app: { targets: \"${LIST}\" } }\n",
                    environment) == "address-form");
}

TEST_CASE("the environment of the process can be copied") {
  ::setenv("WEIR_TEST_VARIABLE", "a=b", 1);
  CHECK(process_environment().at("WEIR_TEST_VARIABLE") == "a=b");
  ::unsetenv("WEIR_TEST_VARIABLE");
}

}  // namespace weir::config
