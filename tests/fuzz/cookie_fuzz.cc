#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lb/http/cookies.h"
#include "lb/sticky/cache_control.h"
#include "lb/sticky/keys.h"
#include "lb/sticky/seal.h"

// libFuzzer: the first byte chooses what the rest is: a cookie's value, a change to a sealed one, a Cookie
// field, a Cache-Control field, a key file. What must hold of each is checked.
namespace {

using namespace weir;
using namespace weir::sticky;

constexpr Purpose kPurpose{.cookie = "W", .scope = "web"};
constexpr std::array<std::string_view, 2> kNames{"W", "WCORS"};

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

Sealer& sealer() {
  static Sealer one(*Keys::parse("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="));
  return one;
}

http::FieldList fields(std::string_view name, std::string_view value) {
  http::FieldList made;
  made.add(name, value);
  return made;
}

void read_value(std::string_view value) {
  require(!sealer().open(kPurpose, value), "nobody can make a value without the key");
  static Sealer other(*Keys::parse("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="), Xaes::Engine::openssl);
  require(sealer().open(kPurpose, value).error() == other.open(kPurpose, value).error(),
          "both engines agree");
}

// Parts of the bytes are the names, others replace characters of the value.
void change_value(std::string_view bytes) {
  const std::string_view name = bytes.substr(0, bytes.size() / 2);
  const Ticket ticket{.group = "web", .target = name, .zone = name.substr(0, 8), .issued = 1, .session = 2};
  const auto sealed = sealer().seal(kPurpose, ticket, Nonce{});
  require(sealed.has_value() == (name.size() <= 255), "names of up to 255 bytes are sealed");
  if (!sealed) return;
  std::string value(*sealed);
  const auto opened = sealer().open(kPurpose, value);
  require(opened && *opened == ticket, "what was sealed opens");
  bytes.remove_prefix(name.size());
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const std::size_t at = static_cast<unsigned char>(bytes[i]) * value.size() / 256;
    value[at] = bytes[i + 1];
  }
  require(sealer().open(kPurpose, value).has_value() == (value == *sealed), "what was changed does not open");
}

void edit_cookies(std::string_view value) {
  std::string out;
  const http::Left left = http::remove_cookies(value, kNames, out);
  const http::FieldList before = fields("Cookie", value);
  require((left == http::Left::all) == !(http::has_cookie(before, "W") || http::has_cookie(before, "WCORS")),
          "what is found goes");
  require(out.size() <= value.size() && out.empty() == (left != http::Left::some), "it does not grow");
  const http::FieldList after = fields("Cookie", out);
  require(!http::has_cookie(after, "W") && !http::has_cookie(after, "WCORS"), "nothing of weir's is left");
  const auto count_others = [](const http::FieldList& list) {
    int count = 0;
    http::for_each_cookie(list, "a", [&](std::string_view) { return ++count > 0; });
    return count;
  };
  require(left == http::Left::all || count_others(before) == count_others(after), "others stay");
}

void edit_cache_control(std::string_view value) {
  http::FieldList outgoing;
  add_private(fields("Cache-Control", value), outgoing);
  require(outgoing.size() == 1 && is_private(outgoing), "shared caches are kept out");
  http::FieldList again;
  add_private(outgoing, again);
  require(again[0].value.substr(9) == outgoing[0].value, "nothing is left to remove");
}

void read_keys(std::string_view text) {
  const auto keys = Keys::parse(text);
  require(!keys || ((*keys)->size() >= 1 && (*keys)->size() <= Keys::kMost), "1 to 64 keys");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0: read_value(bytes); break;
    case 1: change_value(bytes); break;
    case 2: edit_cookies(bytes); break;
    case 3: edit_cache_control(bytes); break;
    default: read_keys(bytes); break;
  }
  return 0;
}
