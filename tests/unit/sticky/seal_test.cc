#include "lb/sticky/seal.h"

#include <set>

#include "tests/unit/sticky/support.h"

namespace weir::sticky {
namespace {

const Purpose kPurpose{.cookie = "WEIRLB", .scope = "web"};
const Ticket kTicket{
    .group = "web", .target = "10.0.1.10:8080", .zone = "az-1", .issued = 1'700'000'000, .session = 42};

Nonce nonce(std::uint8_t fill) {
  Nonce made{};
  made.fill(fill);
  return made;
}

// kTicket under kOnes with the nonce 0x07..., as another program seals it (Python with its AES and AES-GCM).
constexpr std::string_view kKnownValue =
    "AXLNboQHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwfY3w5KrToVzHjC-zQ8hA8E24T3BdNpwheNVGsn_mPj4h48N-xu3-PUfM"
    "l53mREl4QIseJgtsCzVSnh7a8z6A8iZID63045i0ebn9vWH-YIPJ-4sYcooVlZ4NFr4CC0F60Ytm95TcLtkAVOAbFDxMea";

std::string seal(Sealer& sealer, const Ticket& ticket = kTicket, const Purpose& purpose = kPurpose) {
  const auto value = sealer.seal(purpose, ticket, nonce(7));
  REQUIRE(value);
  return std::string(*value);
}

}  // namespace

TEST_CASE("what was sealed opens to the same ticket") {
  const std::string long_name(255, 'n');
  const Ticket tickets[] = {
      kTicket,
      {.group = "", .target = "", .zone = "", .issued = 0, .session = 0},
      {.group = "g", .target = "[2001:db8::1]:443", .zone = "", .issued = -1, .session = ~std::uint64_t{0}},
      {.group = long_name, .target = long_name, .zone = "z", .issued = 1, .session = 1},
  };
  for (const auto engine : {Xaes::Engine::automatic, Xaes::Engine::openssl}) {
    Sealer sealer(test::keys({test::kOnes}), engine);
    for (const Ticket& ticket : tickets) {
      const std::string value = seal(sealer, ticket);
      CHECK(value.size() <= Sealer::kMostValue);
      const auto opened = sealer.open(kPurpose, value);
      REQUIRE(opened);
      CHECK(*opened == ticket);
    }
  }
}

TEST_CASE("an opened ticket can be sealed again as it is") {
  Sealer sealer(test::keys({test::kOnes}));
  const auto opened = sealer.open(kPurpose, seal(sealer));
  REQUIRE(opened);
  const std::string again = seal(sealer, *opened);
  CHECK(sealer.open(kPurpose, again).value() == kTicket);
}

TEST_CASE("a value is the same on every node, whatever seals it") {
  Sealer fast(test::keys({test::kOnes}));
  Sealer slow(test::keys({test::kOnes}), Xaes::Engine::openssl);
  const std::string value = seal(fast);
  CHECK(value == seal(slow));
  CHECK(value == kKnownValue);
}

TEST_CASE("the length of a value does not tell which target it names") {
  Sealer sealer(test::keys({test::kOnes}));
  std::set<std::size_t> lengths;
  for (const char* target : {"a", "10.0.1.10:8080", "[2001:db8:1234:5678:9abc:def0:1234:5678]:65535"}) {
    Ticket ticket = kTicket;
    ticket.target = target;
    lengths.insert(seal(sealer, ticket).size());
  }
  CHECK(lengths == std::set<std::size_t>{188});
}

TEST_CASE("names that no cookie has room for are not sealed") {
  Sealer sealer(test::keys({test::kOnes}));
  const std::string too_long(256, 'n');
  const std::string long_name(250, 'n');
  CHECK_FALSE(sealer.seal(kPurpose, {.group = too_long}, nonce(1)));
  CHECK_FALSE(sealer.seal(kPurpose, {.target = too_long}, nonce(1)));
  CHECK_FALSE(sealer.seal(kPurpose, {.group = long_name, .target = long_name, .zone = long_name}, nonce(1)));
  CHECK_FALSE(sealer.seal({.cookie = too_long, .scope = "web"}, kTicket, nonce(1)));
  CHECK_FALSE(sealer.seal({.cookie = "W", .scope = std::string(2000, 's')}, kTicket, nonce(1)));
}

TEST_CASE("a cookie is good for its name and its scope alone") {
  Sealer sealer(test::keys({test::kOnes}));
  const std::string value = seal(sealer);
  CHECK(sealer.open({"WEIRLB", "api"}, value).error() == Refusal::forged);
  CHECK(sealer.open({"OTHER", "web"}, value).error() == Refusal::forged);
  CHECK(sealer.open({"WEIRLBw", "eb"}, value).error() == Refusal::forged);
  CHECK(sealer.open({"WEIRLB", ""}, value).error() == Refusal::forged);
  CHECK(sealer.open(kPurpose, value));
}

TEST_CASE("keys change in two steps and every cookie opens all the time") {
  Sealer old_keys(test::keys({test::kOnes}));
  Sealer both(test::keys({test::kOnes, test::kTwos}));
  Sealer changed(test::keys({test::kTwos, test::kOnes}));
  Sealer new_keys(test::keys({test::kTwos}));
  const std::string of_old = seal(old_keys);
  const std::string of_both = seal(both);
  const std::string of_changed = seal(changed);
  CHECK(both.open(kPurpose, of_old));
  CHECK(old_keys.open(kPurpose, of_both));
  CHECK(changed.open(kPurpose, of_both));
  CHECK(both.open(kPurpose, of_changed));
  CHECK(new_keys.open(kPurpose, of_changed));
  CHECK(new_keys.open(kPurpose, of_old).error() == Refusal::foreign);
}

TEST_CASE("what is no value of ours is refused, and why is known") {
  Sealer sealer(test::keys({test::kOnes}));
  const std::string value = seal(sealer);
  struct Row {
    const char* what;
    std::string value;
    Refusal refusal;
  };
  const Row rows[] = {
      {"nothing", "", Refusal::malformed},
      {"a character less", value.substr(0, value.size() - 1), Refusal::malformed},
      {"a group less", value.substr(0, value.size() - 4), Refusal::malformed},
      {"only the clear part", value.substr(0, 40), Refusal::malformed},
      {"a group more", value + "AAAA", Refusal::malformed},
      {"padding", value.substr(0, value.size() - 1) + "=", Refusal::malformed},
      {"the other base64", value.substr(0, value.size() - 1) + "+", Refusal::malformed},
      {"a byte that is not ASCII", value.substr(0, value.size() - 1) + "\xc3", Refusal::malformed},
      {"URL-encoded", "%41" + value.substr(1), Refusal::malformed},
      {"quoted", "\"" + value + "\"", Refusal::malformed},
      {"another version", "B" + value.substr(1), Refusal::malformed},
      {"zeros", std::string(188, 'A'), Refusal::malformed},
      {"version 1 and zeros", "AQAA" + std::string(184, 'A'), Refusal::foreign},
      {"at the limit", std::string(1024, 'A'), Refusal::malformed},
      {"over the limit", std::string(1025, 'A'), Refusal::oversized},
      {"a megabyte", std::string(1 << 20, 'A'), Refusal::oversized},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const auto opened = sealer.open(kPurpose, row.value);
    REQUIRE_FALSE(opened);
    CHECK(word(opened.error()) == word(row.refusal));
  }
}

TEST_CASE("no change of a single character is accepted") {
  Sealer sealer(test::keys({test::kOnes}));
  const std::string value = seal(sealer);
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string changed = value;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    CHECK_FALSE(sealer.open(kPurpose, changed));
  }
}

TEST_CASE("no nonce comes twice, nor does a session") {
  Nonces nonces;
  std::set<Nonce> seen;
  std::set<std::uint64_t> sessions;
  for (int i = 0; i < 1000; ++i) {
    CHECK(seen.insert(nonces.next()).second);
    CHECK(sessions.insert(nonces.next_session()).second);
  }
}

}  // namespace weir::sticky
