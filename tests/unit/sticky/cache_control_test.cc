#include "lb/sticky/cache_control.h"

#include <doctest/doctest.h>

#include <vector>

namespace weir::sticky {
namespace {

using Values = std::vector<std::string>;

http::FieldList response(const Values& values) {
  http::FieldList made;
  made.add("Content-Type", "text/plain");
  for (const std::string& value : values) made.add("cache-control", value);
  return made;
}

}  // namespace

TEST_CASE("a response that its target keeps out of shared caches is left as it is") {
  for (const char* value : {"private", "no-store", "max-age=0, Private", "NO-STORE,public",
                            "a=\"x,y\" ,private", "a=\"x\\\",y\", private", " , private ,"}) {
    CAPTURE(value);
    CHECK(is_private(response({value})));
  }
  CHECK(is_private(response({"public", "private"})));
}

TEST_CASE("a word that looks like private is none") {
  for (const char* value :
       {"", "no-cache", "privately", "x-private", "a=private", "a=\"x, private\"", "private=\"set-cookie\"",
        "no-store=1", "private x", "\"private\"", "a=\"x, private"}) {
    CAPTURE(value);
    CHECK_FALSE(is_private(response({value})));
  }
  CHECK_FALSE(is_private(http::FieldList()));
}

TEST_CASE("where weir sets its cookie shared caches are kept out") {
  struct Row {
    Values values;
    Values changed;
  };
  const Row rows[] = {
      {{}, {"private"}},
      {{""}, {"private"}},
      {{"public"}, {"private"}},
      {{"max-age=60"}, {"private, max-age=60"}},
      {{"public, max-age=60"}, {"private, max-age=60"}},
      {{"max-age=60,S-MaxAge=5 , Public,immutable"}, {"private, max-age=60, immutable"}},
      {{"s-maxage=\"5\", public=\"x\""}, {"private"}},
      {{"a=\"public, s-maxage=5\", public"}, {"private, a=\"public, s-maxage=5\""}},
      {{"a=\"q\\\", public\", s-maxage=1"}, {"private, a=\"q\\\", public\""}},
      {{"private=\"x-field\""}, {"private, private=\"x-field\""}},
      {{"publicity, xs-maxage=1, s-maxage"}, {"private, publicity, xs-maxage=1"}},
      {{"public x, s-maxage =5, =, @"}, {"private, public x, s-maxage =5, =, @"}},
      {{"a=\"not closed, public"}, {"private, a=\"not closed, public"}},
      {{"public=\"not closed"}, {"private, public=\"not closed"}},
      {{"public", "max-age=60", "s-maxage=1"}, {"private", "max-age=60"}},
      {{"a=\"not closed", "max-age=60, public"}, {"private, a=\"not closed", "max-age=60"}},
  };
  for (const Row& row : rows) {
    CAPTURE(doctest::toString(row.values.empty() ? "none" : row.values.front()));
    http::FieldList outgoing;
    add_private(response(row.values), outgoing);
    Values changed;
    for (std::size_t i = 0; i < outgoing.size(); ++i) {
      CHECK(outgoing[i].id == http::FieldId::cache_control);
      changed.emplace_back(outgoing[i].value);
    }
    CHECK(changed == row.changed);
    CHECK(is_private(outgoing));
  }
}

}  // namespace weir::sticky
