#include "lb/observe/json_text.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <random>

using weir::observe::append_json_text;
using namespace std::literals;

namespace {

std::string escaped(std::string_view text, std::size_t most = 8192) {
  std::string out;
  append_json_text(out, text, most);
  return out;
}

}  // namespace

TEST_CASE("text is escaped for JSON, and what is no UTF-8 is shown as its bytes") {
  struct Row {
    std::string_view text;
    std::string_view escaped;
  };
  for (const Row& row :
       {Row{"", ""}, Row{"/path?a=b&c=d", "/path?a=b&c=d"}, Row{R"(say "no\")", R"(say \"no\\\")"},
        Row{"a\r\n\t\0b"sv, R"(a\u000d\u000a\u0009\u0000b)"}, Row{"\x1b[31m\x7f", R"(\u001b[31m\u007f)"},
        Row{"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x9f",
            "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x9f"},
        Row{"\xc2\x85\xc2\xa0", "\\u0085\xc2\xa0"}, Row{"\xff", R"(\\xff)"}, Row{"\xc0\xaf", R"(\\xc0\\xaf)"},
        Row{"\xe0\x9f\xbf", R"(\\xe0\\x9f\\xbf)"}, Row{"\xed\xa0\x80", R"(\\xed\\xa0\\x80)"},
        Row{"\xf4\x90\x80\x80", R"(\\xf4\\x90\\x80\\x80)"},
        Row{"\xf0\x8f\xbf\xbf", R"(\\xf0\\x8f\\xbf\\xbf)"}, Row{"cut \xe2\x82", R"(cut \\xe2\\x82)"},
        Row{"12345678\"", R"(12345678\")"}, Row{"1234567\"8", R"(1234567\"8)"}}) {
    CAPTURE(row.text);
    CHECK(escaped(row.text) == row.escaped);
  }
}

TEST_CASE("each byte is treated alike wherever it stands in a word of eight") {
  for (int value = 0; value < 256; ++value) {
    const std::string alone = escaped(std::string(1, static_cast<char>(value)));
    for (std::size_t place = 0; place < 8; ++place) {
      std::string text = "abcdefgh";
      text[place] = static_cast<char>(value);
      CAPTURE(value);
      CAPTURE(place);
      CHECK(escaped(text) == "abcdefgh"s.substr(0, place) + alone + "abcdefgh"s.substr(place + 1));
    }
  }
}

TEST_CASE("a long text is cut and says so") {
  CHECK(escaped("123456", 5) == "12345...");
  CHECK(escaped("12345", 5) == "12345");
  CHECK(escaped(std::string(10'000, 'x')).size() == 8192 + 3);
}

TEST_CASE("random bytes always make one valid line of JSON") {
  std::minstd_rand random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 40, ' ');
    for (char& c : text) c = static_cast<char>(random() % 256);
    const std::string out = "\"" + escaped(text) + "\"";
    CAPTURE(out);
    CHECK(nlohmann::json::accept(out));
    CHECK(out.find('\n') == std::string::npos);
  }
}
