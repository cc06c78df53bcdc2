#include "lb/routing/path.h"

#include <doctest/doctest.h>

#include "lb/base/random.h"

using namespace std::string_literals;

namespace weir::routing {
namespace {

std::string normal(std::string_view target) {
  std::string storage = "left over";
  return std::string(normalised_path(target, storage));
}

TEST_CASE("a path is compared as what its servers will make of it") {
  struct Row {
    std::string target;
    std::string path;
  };
  const Row rows[] = {
      {"/", "/"},
      {"*", "*"},
      {"", "/"},
      {"?a=b", "/"},
      {"/a/b", "/a/b"},
      {"/a/b/", "/a/b/"},
      {"/a?b=/../c", "/a"},
      {"/a?", "/a"},
      {"/a//b", "/a/b"},
      {"//a", "/a"},
      {"///", "/"},
      {"/.", "/"},
      {"/..", "/"},
      {"/a/.", "/a/"},
      {"/a/..", "/"},
      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/b/../../c", "/c"},
      {"/../../a", "/a"},
      {"/a/../../../b", "/b"},
      {"/a//../b", "/b"},
      {"/a/...", "/a/..."},
      {"/a/.../b", "/a/.../b"},
      {"/.well-known/x", "/.well-known/x"},
      {"/a/..b/c", "/a/..b/c"},
      {"/public/%2e%2e/admin", "/admin"},
      {"/public/.%2e/admin", "/admin"},
      {"/public/%2E./admin", "/admin"},
      {"/public/..%2fadmin", "/admin"},
      {"/public/..%2Fadmin", "/admin"},
      {"/public%2f..%2fadmin", "/admin"},
      {"/public/..;/admin", "/admin"},
      {"/public/..;x=y/admin", "/admin"},
      {"/public/.;x/admin", "/public/admin"},
      {"/public/..%3b/admin", "/admin"},
      {"/a;x=y/b", "/a;x=y/b"},
      {"/public/..\\admin", "/admin"},
      {"/public/..%5cadmin", "/admin"},
      {"\\admin", "/admin"},
      {"/%61dmin", "/admin"},
      {"/%2561dmin", "/%61dmin"},
      {"/public/%252e%252e/admin", "/public/%2e%2e/admin"},
      {"/public/..%252fadmin", "/public/..%2fadmin"},
      {"/a%00b", "/a\0b"s},
      {"/admin%00/..", "/"},
      {"/a%3fb?c", "/a?b"},
      {"/%c3%a9", "/\xc3\xa9"},
      {"/\xc3\xa9", "/\xc3\xa9"},
      {"/%c0%af..%c0%af", "/\xc0\xaf..\xc0\xaf"},
      {"/a%", "/a%"},
      {"/a%2", "/a%2"},
      {"/a%zz", "/a%zz"},
      {"/a%2z%2e", "/a%2z."},
      {"/a+b", "/a+b"},
      {"host:443", "/host:443"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    CHECK(normal(row.target) == row.path);
  }
}

TEST_CASE("a path that is normal already is not copied") {
  for (const std::string target : {"/", "/a/b.c/d", "/a/b?c=%2e/../"}) {
    CAPTURE(target);
    std::string storage;
    CHECK(normalised_path(target, storage).data() == target.data());
  }
}

TEST_CASE("no path has a dot segment, an empty segment or a backslash once it is normal") {
  base::Random random(3);
  const std::string_view pieces[] = {"/",   "//", ".", "..",  ";", "%2e", "%2F",
                                     "%5c", "\\", "a", "%25", "%", "?"};
  for (int i = 0; i < 20'000; ++i) {
    std::string target = "/";
    for (std::uint64_t n = random.below(12); n > 0; --n) target += pieces[random.below(std::size(pieces))];
    const std::string path = normal(target);
    CAPTURE(target);
    CAPTURE(path);
    REQUIRE(path.starts_with('/'));
    REQUIRE_FALSE(path.contains("//"));
    REQUIRE_FALSE(path.contains('\\'));
    for (const char* const segment : {"/./", "/../", "/.;", "/..;"}) REQUIRE_FALSE(path.contains(segment));
    REQUIRE_FALSE(path.ends_with("/."));
    REQUIRE_FALSE(path.ends_with("/.."));
  }
}

TEST_CASE("a long path of dot segments takes time in proportion to its length") {
  std::string target;
  for (int i = 0; i < 50'000; ++i) target += "/a/b/..%2f";
  CHECK(normal(target).size() == 50'000 * 2 + 1);
}

TEST_CASE("a path is ambiguous where servers disagree about its dot segments, and only there") {
  for (const char* const target : {"/admin//../x", "/a/..//b/../c", "/a%2fb/../c", "/a%5Cb/./c", "/a\\..\\b",
                                   "/a/..;x/b", "/a/..;", "/..%2fb", "/a/%2e%2e%2fb", "/a//b/..?c"}) {
    CAPTURE(target);
    CHECK(is_ambiguous_path(target));
  }
  for (const char* const target :
       {"/", "*", "/a/../b", "/a/./b/..", "/a/%2e%2e/b", "//a//b", "/a%2fb", "/a\\b", "/a;x/b", "/a/...",
        "/a/..b", "/a?b=//../%2f", "/.well-known/a//b"}) {
    CAPTURE(target);
    CHECK_FALSE(is_ambiguous_path(target));
  }
}

}  // namespace
}  // namespace weir::routing
