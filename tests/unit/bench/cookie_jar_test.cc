#include "bench/load/cookie_jar.h"

#include <doctest/doctest.h>

using weir::bench::CookieJar;

TEST_CASE("cookies are sent back as they were set") {
  CookieJar jar;
  CHECK(jar.value().empty());
  jar.set("WEIRLB=abc; Path=/; HttpOnly");
  jar.set(" session = 1=2 ;Max-Age=60");
  CHECK(jar.value() == "WEIRLB=abc; session=1=2");
  jar.set("WEIRLB=def; Max-Age=604800");
  CHECK(jar.value() == "WEIRLB=def; session=1=2");
}

TEST_CASE("cookies can be deleted") {
  for (const char* deletion :
       {"a=; Max-Age=0", "a=x; max-age=-1", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}) {
    CAPTURE(deletion);
    CookieJar jar;
    jar.set("a=1");
    jar.set("b=2");
    jar.set(deletion);
    CHECK(jar.value() == "b=2");
  }
}

TEST_CASE("what is no cookie is left out") {
  CookieJar jar;
  for (const char* text : {"", ";", "=1", "novalue", "; Path=/"}) jar.set(text);
  CHECK(jar.value().empty());
}

TEST_CASE("the oldest cookie makes room for one too many") {
  CookieJar jar;
  for (std::size_t i = 0; i <= CookieJar::kMost; ++i) jar.set("c" + std::to_string(i) + "=x");
  CHECK(jar.value().starts_with("c1=x; c2=x"));
  CHECK(jar.value().ends_with("c50=x"));
}
