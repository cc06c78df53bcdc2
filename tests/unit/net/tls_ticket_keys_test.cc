#include "lb/net/tls_ticket_keys.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace weir::net {
namespace {

using base::Instant;

const std::string kA = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";  // 00 01 02 ... 1f
const std::string kB = "//////////////////////////////////////////8=";
constexpr Instant kFirstTicket{1h};

std::shared_ptr<TlsTicketKeys> keys_of(const std::string& text) {
  auto keys = TlsTicketKeys::from_text(text);
  REQUIRE(keys.has_value());
  return *keys;
}

std::string error_of(const std::string& text) {
  const auto keys = TlsTicketKeys::from_text(text);
  return keys ? "" : keys.error();
}

template <std::size_t Size>
std::string hex(const std::array<std::uint8_t, Size>& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::string many(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += kA.substr(0, 2) + static_cast<char>('A' + i) + kA.substr(3) + '\n';
  return text;
}

}  // namespace

TEST_CASE("name and keys come from a line by HKDF-SHA256 with the purpose as its info") {
  // The expected bytes were computed apart, from RFC 5869 and HMAC alone.
  const TlsTicketKey key = keys_of(kA)->current();
  CHECK(hex(key.name) == "7abf2f9da32469dbdbcc99f6632b1710");
  CHECK(hex(key.cipher) == "765b68062209ed21083424e2d8095029fc8bc183a426c678073c8065c836ef3d");
  CHECK(hex(key.authentication) == "eff16f0a8649d08b96ad69f7ca20fdaf8b5d313dcd65cfafb8616942ccfb91a8");
}

TEST_CASE("the first key of a file seals, and all open") {
  const auto a = keys_of(kA), b = keys_of(kB);
  const auto both = keys_of("# keys\r\n\n  " + kB + "\t\r\n" + kA);
  CHECK(both->size() == 2);
  CHECK(both->current().name == b->current().name);
  const auto first = both->find(b->current().name), second = both->find(a->current().name);
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  CHECK(first->seals);
  CHECK_FALSE(second->seals);
  CHECK(second->key.cipher == a->current().cipher);
  CHECK(second->key.authentication == a->current().authentication);
  CHECK_FALSE(a->find(b->current().name).has_value());
}

TEST_CASE("a file that holds no keys, or other than keys, says which line") {
  struct Row {
    std::string text, error;
  };
  const std::string expected = "expected a key: 32 bytes in base64, 44 characters";
  const std::vector<Row> rows = {
      {"", "it holds no key"},
      {"\n# none\n", "it holds no key"},
      {"secret", "line 1: " + expected},
      {kA + "\n" + kB.substr(1), "line 2: " + expected},
      {kA + "=", "line 1: " + expected},
      {kA.substr(0, 42) + "==", "line 1: " + expected},
      {kA.substr(0, 20) + '!' + kA.substr(21), "line 1: " + expected},
      {kA.substr(0, 20) + '=' + kA.substr(21), "line 1: " + expected},
      {kA + "\n\n" + kB + "\n" + kA, "line 4: this key stands further up, too"},
      {many(16), ""},
      {many(17), "line 17: there are more than 16 keys"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(error_of(row.text) == row.error);
  }
}

TEST_CASE("a key seals for 12 hours, and opens for a day after that") {
  struct Row {
    std::vector<base::Duration> made;  // before now, the newest first
    TlsTicketTurn turn;
  };
  const Instant now = kFirstTicket + 1000h;
  const std::vector<Row> rows = {
      {{}, {true, 0}},
      {{0h}, {false, 1}},
      {{12h - 1ns}, {false, 1}},
      {{12h}, {true, 1}},
      {{12h, 24h}, {true, 2}},
      {{11h, 23h, 35h}, {false, 3}},
      {{12h, 24h - 1ns, 36h}, {true, 3}},
      {{12h, 24h, 36h}, {true, 2}},
      {{23h, 24h, 500h}, {true, 2}},
      {{24h, 500h}, {true, 1}},
      {{500h}, {true, 1}},  // nobody turned: what it sealed a moment ago still opens
  };
  for (const Row& row : rows) {
    std::vector<Instant> made;
    made.reserve(row.made.size());
    for (const base::Duration before : row.made) made.push_back(now - before);
    CAPTURE(made.size());
    CHECK(next_ticket_turn(made, now) == row.turn);
  }
}

TEST_CASE("keys in memory are random, and turn") {
  const auto keys = TlsTicketKeys::in_memory(kFirstTicket), others = TlsTicketKeys::in_memory(kFirstTicket);
  REQUIRE(keys.has_value());
  const TlsTicketKey first = (*keys)->current();
  CHECK(first.name != (*others)->current().name);
  CHECK(first.cipher != (*others)->current().cipher);
  CHECK(first.cipher != first.authentication);

  CHECK_FALSE((*keys)->rotate(kFirstTicket + 11h));
  CHECK((*keys)->current().name == first.name);
  CHECK((*keys)->rotate(kFirstTicket + 12h));
  CHECK((*keys)->current().name != first.name);
  REQUIRE((*keys)->find(first.name).has_value());
  CHECK_FALSE((*keys)->find(first.name)->seals);
  CHECK((*keys)->find(first.name)->key.cipher == first.cipher);
}

TEST_CASE("keys in memory stay few, however long they turn, and old ones are forgotten") {
  const auto keys = *TlsTicketKeys::in_memory(kFirstTicket);
  const TlsTicketKey::Name first = keys->current().name;
  for (auto after = 1h; after <= 1000h; after += 1h) {
    keys->rotate(kFirstTicket + after);
    CHECK(keys->size() <= 4);
    CHECK(keys->find(first).has_value() == (after < 36h));
  }
}

TEST_CASE("keys of a file do not turn") {
  const auto keys = keys_of(kA);
  CHECK_FALSE(keys->rotate(kFirstTicket + 10'000h));
  CHECK(keys->size() == 1);
}

TEST_CASE("keys become those of a file that has changed, and turn or not as those do") {
  const auto keys = *TlsTicketKeys::in_memory(kFirstTicket);
  const TlsTicketKey::Name first = keys->current().name;
  const auto file = keys_of(kB + "\n" + kA);
  keys->replace(*file);
  CHECK(keys->size() == 2);
  CHECK(keys->current().name == keys_of(kB)->current().name);
  CHECK_FALSE(keys->find(first).has_value());
  CHECK_FALSE(keys->rotate(kFirstTicket + 100h));

  keys->replace(*keys);
  CHECK(keys->size() == 2);
  keys->replace(**TlsTicketKeys::in_memory(kFirstTicket + 100h));
  CHECK(keys->rotate(kFirstTicket + 112h));
}

TEST_CASE("keys in memory pass to another process, and turn there as they would have") {
  const auto keys = *TlsTicketKeys::in_memory(kFirstTicket);
  const TlsTicketKey old = keys->current();
  keys->rotate(kFirstTicket + 12h);
  const TlsTicketKey last = keys->current();
  // The clock of the other process may stand elsewhere.
  const auto taken = TlsTicketKeys::taken_over(keys->to_text(kFirstTicket + 20h), kFirstTicket + 520h);
  REQUIRE(taken != nullptr);
  CHECK(taken->size() == 2);
  CHECK(taken->current().name == last.name);
  CHECK(taken->current().cipher == last.cipher);
  CHECK(taken->current().authentication == last.authentication);
  REQUIRE(taken->find(old.name).has_value());
  CHECK(taken->find(old.name)->key.authentication == old.authentication);
  CHECK_FALSE(taken->rotate(kFirstTicket + 523h));
  CHECK(taken->rotate(kFirstTicket + 524h));
  CHECK(taken->rotate(kFirstTicket + 536h));
  CHECK_FALSE(taken->find(old.name).has_value());
}

TEST_CASE("keys of a file pass to no other process, and what are no keys is not taken") {
  CHECK(keys_of(kA)->to_text(kFirstTicket).empty());
  const std::string good = (*TlsTicketKeys::in_memory(kFirstTicket))->to_text(kFirstTicket + 1h);
  CHECK(TlsTicketKeys::taken_over(good, kFirstTicket) != nullptr);
  std::string seventeen;
  for (int i = 0; i < 17; ++i) seventeen += good;
  for (const std::string& bad :
       {std::string(), std::string("\n"), std::string("3600"), std::string("3600 "), "x" + good,
        good.substr(0, good.size() - 2), good + "1 00\n", "-" + good, "99999999999" + good,
        good.substr(0, 10) + "g" + good.substr(11), seventeen}) {
    CAPTURE(bad.size());
    CHECK(TlsTicketKeys::taken_over(bad, kFirstTicket) == nullptr);
  }
}

TEST_CASE("a reader gets whole keys while they change") {
  const auto a = keys_of(kA), b = keys_of(kB), shared = keys_of(kA);
  const TlsTicketKey key_a = a->current(), key_b = b->current();
  std::atomic<bool> ends{false};
  std::atomic<std::size_t> torn{0}, reads{0};
  std::vector<std::thread> readers;
  readers.reserve(3);
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!ends) {
        const TlsTicketKey key = shared->current();
        const TlsTicketKey& whole = key.name == key_a.name ? key_a : key_b;
        const auto found = shared->find(key_b.name);
        if (key.name != whole.name || key.cipher != whole.cipher ||
            key.authentication != whole.authentication || (found && found->key.cipher != key_b.cipher)) {
          ++torn;
        }
        ++reads;
      }
    });
  }
  for (int i = 0; reads < 20'000; ++i) shared->replace(i % 2 == 0 ? *b : *a);
  ends = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(torn == 0);
}

}  // namespace weir::net
