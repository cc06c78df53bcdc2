#include "lb/net/tls_names.h"

#include <doctest/doctest.h>

namespace weir::net {
namespace {

using Numbers = std::vector<std::size_t>;
using Names = std::vector<std::vector<std::string>>;

Numbers find(const TlsNames& names, std::string_view name) {
  const auto found = names.find(name);
  return {found.begin(), found.end()};
}

}  // namespace

TEST_CASE("a name is served by those that have it, else by a wildcard of one label") {
  const TlsNames names(Names{{"a.test", "*.a.test"}, {"www.a.test"}, {"*.deep.a.test"}, {"b.test"}});
  struct Row {
    std::string_view asked;
    Numbers found;
  };
  const std::vector<Row> rows = {
      {"a.test", {0}},
      {"x.a.test", {0}},
      {"www.a.test", {1}},
      {"WWW.A.test", {1}},
      {"www.a.test.", {1}},
      {"x.A.TEST.", {0}},
      {"x.y.a.test", {}},
      {"deep.a.test", {0}},
      {"x.deep.a.test", {2}},
      {"b.test", {3}},
      {"x.b.test", {}},
      {"test", {}},
      {"", {}},
      {".", {}},
      {"a.test..", {}},
      {".a.test", {}},
      {"..a.test", {}},
      {"xa.test", {}},
      {"*.deep.a.test", {2}},
      {"b.test.evil", {}},
      {std::string_view("b.test\0", 7), {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.asked);
    CHECK(find(names, row.asked) == row.found);
  }
}

TEST_CASE("a wildcard does not serve the bare domain") {
  const TlsNames names(Names{{"*.a.test"}});
  CHECK(find(names, "a.test").empty());
  CHECK(find(names, "b.a.test") == Numbers{0});
}

TEST_CASE("several identities serve a name in their order, each once") {
  const TlsNames names(
      Names{{"a.test", "A.test.", "*.a.test"}, {"*.a.test"}, {"a.test", "b.a.test"}, {"b.a.test"}});
  CHECK(find(names, "a.test") == Numbers{0, 2});
  CHECK(find(names, "x.a.test") == Numbers{0, 1});
  CHECK(find(names, "b.a.test") == Numbers{2, 3});
}

TEST_CASE("what SNI cannot carry is nobody's name") {
  const TlsNames names(Names{{"10.0.0.1", "2001:db8::1", "", ".", "*", "*.", "w*.a.test", "x.*.test",
                              "*.*.test", std::string(254, 'a')}});
  CHECK(names.empty());
  CHECK(find(names, "10.0.0.1").empty());
  CHECK(TlsNames().empty());
}

TEST_CASE("names are found up to the longest that there are, and longer ones are nobody's") {
  std::string longest(253, 'a');
  longest[63] = longest[127] = longest[191] = '.';
  const TlsNames names(Names{{longest}});
  CHECK(find(names, longest) == Numbers{0});
  CHECK(find(names, longest + ".") == Numbers{0});
  CHECK(find(names, longest + "a").empty());
  CHECK(find(names, std::string(70'000, 'a')).empty());
}

}  // namespace weir::net
