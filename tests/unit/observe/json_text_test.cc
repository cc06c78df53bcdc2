#include "lb/observe/json_text.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <random>

using namespace std::literals;

namespace {

std::string escaped(std::string_view text) {
  std::string out(weir::observe::json_room(text.size()), '#');
  out.resize(static_cast<std::size_t>(weir::observe::put_json_text(out.data(), text) - out.data()));
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

TEST_CASE("each byte is treated alike wherever it stands") {
  for (int value = 0; value < 256; ++value) {
    const std::string alone = escaped(std::string(1, static_cast<char>(value)));
    for (std::size_t size = 1; size < 50; ++size) {
      for (std::size_t place = 0; place < size; ++place) {
        std::string text(size, 'a');
        text[place] = static_cast<char>(value);
        CAPTURE(value);
        CAPTURE(place);
        CHECK(escaped(text) == std::string(place, 'a') + alone + std::string(size - place - 1, 'a'));
      }
    }
  }
}

TEST_CASE("a long text is cut and says so") {
  CHECK(escaped(std::string(8192, 'x')) == std::string(8192, 'x'));
  CHECK(escaped(std::string(8193, 'x')) == std::string(8192, 'x') + "...");
  CHECK(escaped(std::string(9000, '\n')).size() == weir::observe::json_room(9000));
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
