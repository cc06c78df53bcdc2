#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>

#include "lb/sticky/nonces.h"
#include "lb/sticky/xaes.h"

// The value of weir's cookie, in base64url without padding:
//
//   version (1) | key id (4) | nonce (24) | sealed: ticket, padded with zeros to a multiple of 96 | tag (16)
//
// XAES-256-GCM with version, key id, cookie name and scope as associated data: a cookie is good for the name
// and the group that it was made for alone. The padding leaves the length the same for nearly all names.
namespace weir::sticky {

// Who a client stays with.
struct Ticket {
  std::string_view group = {};
  std::string_view target = {};  // its id; empty in a cookie for a group alone
  std::string_view zone = {};    // of the target; empty: none
  std::int64_t issued = 0;       // seconds since 1970
  std::uint64_t session = 0;     // the same through renewals and moves
  bool operator==(const Ticket&) const = default;
};

// What a cookie is good for.
struct Purpose {
  std::string_view cookie;  // its name; that of a CORS twin is the name without CORS
  std::string_view scope;   // the target group, or what names a rule that forwards to several
};

// Why a value was not opened.
enum class Refusal : std::uint8_t {
  oversized,  // over 1 KiB: not read
  malformed,  // no value of weir's: cut off, other characters, another version
  foreign,    // sealed with a key that is not, or no longer, among ours
  forged,     // nobody sealed this for this purpose
};
std::string_view word(Refusal refusal);

class Sealer {
 public:
  static constexpr std::size_t kMostValue = 1024;

  explicit Sealer(std::shared_ptr<const Keys> keys, Xaes::Engine engine = Xaes::Engine::automatic);

  // By the first key. The view is good until the next seal(). Absent: names that no cookie has room for.
  std::optional<std::string_view> seal(const Purpose& purpose, const Ticket& ticket, const Nonce& nonce);

  // The ticket's views are good until the next open(). A ticket may be of any age.
  std::expected<Ticket, Refusal> open(const Purpose& purpose, std::string_view value);

 private:
  // Each as large as the longest value, and the longest associated data.
  using Buffer = std::array<std::uint8_t, kMostValue>;

  std::optional<std::span<const std::uint8_t>> associate(const std::uint8_t* clear, const Purpose& purpose);

  Xaes xaes_;
  Buffer associated_{};
  Buffer sealed_{};
  Buffer opened_{};
  std::array<char, kMostValue> value_{};
};

}  // namespace weir::sticky
