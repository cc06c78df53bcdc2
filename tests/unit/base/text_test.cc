#include "lb/base/text.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace base = weir::base;
using namespace std::string_view_literals;

TEST_CASE("escaping leaves nothing that could end a line or a quoted string") {
  CHECK(base::escape("plain") == "plain");
  CHECK(base::escape("a\r\nb\tc") == "a\\r\\nb\\tc");
  CHECK(base::escape("say \"no\\\"") == "say \\\"no\\\\\\\"");
  CHECK(base::escape("\0\x1b\x7f"sv) == "\\x00\\x1b\\x7f");
  CHECK(base::escape("a\xe2\x80\xae"
                     "b\xd8\x9c") == "a\\xe2\\x80\\xaeb\\xd8\\x9c");
  CHECK(base::escape("gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
  CHECK(base::escape("\xff\xc0\xaf\xed\xa0\x80") == "\\xff\\xc0\\xaf\\xed\\xa0\\x80");
  CHECK(base::escape("\xc2\x85") == "\\xc2\\x85");
  CHECK(base::escape(std::string(300, 'x')) == std::string(256, 'x') + "...");
}

TEST_CASE("a decimal number has digits only and fits 64 bits") {
  CHECK(base::parse_decimal("0") == 0);
  CHECK(base::parse_decimal("18446744073709551615") == 18446744073709551615ULL);
  for (std::string_view bad :
       {"", "-1", "+1", " 1", "1 ", "0x10", "18446744073709551616", "99999999999999999999"}) {
    CAPTURE(bad);
    CHECK(!base::parse_decimal(bad));
  }
}

TEST_CASE("list elements come trimmed and empty ones do not come") {
  std::vector<std::string> seen;
  base::for_each_list_element(" close , ,\tupgrade,",
                              [&](std::string_view element) { seen.emplace_back(element); });
  CHECK(seen == std::vector<std::string>{"close", "upgrade"});
}
