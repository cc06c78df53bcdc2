#include "lb/sticky/keys.h"

#include "tests/unit/sticky/support.h"

namespace weir::sticky {

using test::kOnes;
using test::kThrees;
using test::kTwos;

TEST_CASE("keys stand in the order of their lines; comments and blank lines are not counted") {
  const auto keys =
      Keys::parse("# the fleet's keys\n\n  " + std::string(kTwos) + "\t\r\n\t# old\n" + std::string(kOnes));
  REQUIRE(keys);
  REQUIRE((*keys)->size() == 2);
  CHECK((**keys)[0].secret.front() == 2);
  CHECK((**keys)[1].secret.back() == 1);
}

TEST_CASE("a key's id is the beginning of its SHA-256") {
  const auto keys = test::keys({kOnes});
  // printf '\1%.0s' {1..32} | sha256sum
  CHECK((*keys)[0].id == KeyId{0x72, 0xcd, 0x6e, 0x84});
  CHECK(keys->find((*keys)[0].id) == 0);
  CHECK_FALSE(keys->find({1, 2, 3, 4}));
}

TEST_CASE("what is no key is refused with its line, and not shown") {
  struct Row {
    const char* what;
    std::string text;
    const char* error;
  };
  const std::string ones(kOnes);
  const Row rows[] = {
      {"nothing", "", "it holds no key"},
      {"comments alone", "# a\n\n#b", "it holds no key"},
      {"a short one", ones + "\nAQEB\n", "line 2: expected a key"},
      {"a long one", ones + "AQEB", "line 1: expected a key"},
      {"no padding", ones.substr(0, 43), "line 1: expected a key"},
      {"31 bytes", ones.substr(0, 42) + "==", "line 1: expected a key"},
      {"padding in between", "=" + ones.substr(1), "line 1: expected a key"},
      {"another alphabet", "#\n\n-" + ones.substr(1), "line 3: expected a key"},
      {"a key with a comment", ones + " # mine", "line 1: expected a key"},
      {"the same twice", ones + "\n" + std::string(kTwos) + "\n" + ones, "line 3: this key, or another with"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const auto keys = Keys::parse(row.text);
    REQUIRE_FALSE(keys);
    CHECK(keys.error().starts_with(row.error));
    CHECK(keys.error().find("AQ") == std::string::npos);
  }
}

TEST_CASE("there are at most 64 keys") {
  std::string text;
  for (int i = 0; i < 64; ++i) text += *make_key_line();
  CHECK(Keys::parse(text));
  text += *make_key_line();
  const auto keys = Keys::parse(text);
  REQUIRE_FALSE(keys);
  CHECK(keys.error() == "line 65: there are more than 64 keys");
}

TEST_CASE("a new key is a line that reads, and another each time") {
  const auto one = make_key_line();
  const auto other = make_key_line();
  REQUIRE(one);
  CHECK(Keys::parse(*one));
  CHECK(one->ends_with("=\n"));
  CHECK(one != other);
}

}  // namespace weir::sticky
