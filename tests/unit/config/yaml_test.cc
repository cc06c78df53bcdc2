#include <chrono>

#include "config/yaml/outline.h"
#include "config/yaml/source.h"
#include "lb/base/random.h"
#include "tests/unit/config/support.h"

namespace weir::config {

using namespace std::chrono_literals;

TEST_CASE("explicit keys win over merged ones, and earlier merges over later ones") {
  const auto snapshot = snapshot_of(
      "listeners:\n"
      "  a:\n"
      "    bind: 127.0.0.1:1\n"
      "    forward: app\n"
      "    timeouts: &one { idle: 1s, header: 1s, body: 1s }\n"
      "  b:\n"
      "    bind: 127.0.0.1:2\n"
      "    forward: app\n"
      "    timeouts: { idle: 3s, <<: [{ header: 2s }, *one] }\n" +
      std::string(kGroup));
  const auto& timeouts = snapshot.listeners[1].timeouts;
  CHECK(timeouts.idle == 3s);
  CHECK(timeouts.header == 2s);
  CHECK(timeouts.body == 1s);
  CHECK(timeouts.write == model::ListenerTimeouts().write);
}

TEST_CASE("a merged map brings along what it merges itself") {
  const auto snapshot = snapshot_of(
      "listeners:\n"
      "  a: &a { bind: 127.0.0.1:1, forward: app, request_id: off }\n"
      "  b: &b { <<: *a, bind: 127.0.0.1:2, desync_mode: monitor }\n"
      "  c: { <<: *b, bind: 127.0.0.1:3 }\n" +
      std::string(kGroup));
  CHECK_FALSE(snapshot.listeners[2].request_id);
  CHECK(snapshot.listeners[2].desync_mode == model::DesyncMode::monitor);
  CHECK(snapshot.listeners[2].binds[0].address.port() == 3);
}

TEST_CASE("a quoted << is an ordinary key") {
  CHECK(first_error(kMinimal + "log: { \"<<\": { level: debug } }\n") == "unknown-key");
}

TEST_CASE("sections can be merged at the top of a file") {
  CHECK(snapshot_of("<<: { log: { level: debug } }\n" + kMinimal).log.level == base::log::Level::debug);
}

TEST_CASE("aliases that would expand without bound are refused at once") {
  std::string bomb = "log: &l0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 40; ++i) {
    bomb += fmt::format("k{}: &l{} [*l{}, *l{}, *l{}, *l{}]\n", i, i, i - 1, i - 1, i - 1, i - 1);
  }
  const auto start = std::chrono::steady_clock::now();
  CHECK(first_error(bomb) == "alias-expansion");
  std::string merges = "process: &m0 { workers: 1 }\n";
  for (int i = 1; i < 40; ++i)
    merges += fmt::format("k{}: &m{} {{ <<: [*m{}, *m{}] }}\n", i, i, i - 1, i - 1);
  CHECK(first_error(merges) == "alias-expansion");
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("a file may have more values than aliases may expand to") {
  constexpr std::size_t kMany = 100'001;
  std::string text =
      "listeners:\n  web:\n    bind: 127.0.0.1:1\n    forward: app\n    forwarded:\n      trust:\n";
  for (std::size_t i = 0; i < kMany; ++i) text += "      - ::1\n";
  CHECK(snapshot_of(text.append(kGroup)).listeners[0].forwarded.trust.size() == kMany);
}

TEST_CASE("nesting is bounded however it is made") {
  CHECK(first_error(std::string(100'000, '[')) == "too-deep");
  std::string chain = "a: &a0 [x]\n";
  for (int i = 1; i < 100; ++i) chain += fmt::format("k{}: &a{} [*a{}]\n", i, i, i - 1);
  CHECK(first_error(chain) == "too-deep");
}

TEST_CASE("columns count characters, and an offset comes back from its place") {
  const Source source("test.yaml",
                      "\xEF\xBB\xBF"
                      "a: größe\r\nb: 日本 x\n",
                      0);
  CHECK(source.text().starts_with("a:"));
  CHECK(source.line(0) == "a: größe");
  const std::size_t x = source.text().find('x');
  CHECK(source.place(x).line == 2);
  CHECK(source.place(x).column == 7);
  CHECK(source.offset(source.place(x)) == x);
  const Source wide("test.yaml", std::string(10'000, 'a') + "ß!", 0);
  CHECK(wide.offset(wide.place(10'002)) == 10'002);
}

TEST_CASE("the outline knows open brackets and closed quotes, and is not fooled by those inside of words") {
  CHECK(outline_of("a: [1, {b: 2", 99).open.size() == 2);
  CHECK(outline_of("a: [1, {b: 2}]", 99).open.empty());
  CHECK(outline_of("a: x[1", 99).open.empty());
  CHECK(outline_of("a: [x[1", 99).open.back().in_word);
  CHECK(outline_of("a: \"[\" # [", 99).open.empty());
  CHECK(outline_of("a: 'it''s' b", 99).quoted->end == 10);
  CHECK(outline_of("a: it's [", 99).open.empty());
}

// A poor man's fuzzer: whatever happens to a file, load_text says something sensible and returns.
TEST_CASE("a damaged file is diagnosed, never a crash") {
  const std::string reference = read_text("config/reference.yaml");
  constexpr std::string_view kInserts[] = {"\"", "'",  "[",    "{",    "]",    "}",    ":",    ": ",  "- ",
                                           "\n", "\t", "&a ",  "*a",   "<<: ", "!!x ", "${",   "|\n", ">",
                                           "#",  "%",  "\xff", "\x01", "? ",   ",",    "---\n"};
  base::Random random(1);
  for (int round = 0; round < 1000; ++round) {
    std::string text = reference;
    for (std::uint64_t change = random.below(4) + 1; change > 0; --change) {
      const std::size_t at = random.below(text.size());
      if (random.below(2) == 0) {
        text.erase(at, random.below(30) + 1);
      } else {
        text.insert(at, kInserts[random.below(std::size(kInserts))]);
      }
    }
    const auto loaded = load_text(text, "test.yaml");
    const Diagnostics& found = loaded ? loaded->warnings : loaded.error();
    REQUIRE(loaded.has_value() != has_errors(found));
    for (const Diagnostic& each : found) {
      REQUIRE_FALSE(each.message.empty());
      REQUIRE(each.begin + each.length <= each.source.size());
    }
    REQUIRE(to_json(found).size() > 2);
  }
}

}  // namespace weir::config
