#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lb/base/clock.h"

// The keys that seal session tickets (RFC 5077 4, RFC 8446 4.6.1). The first seals, all open.
namespace weir::net {

// Its memory is cleansed when it is given back.
struct TlsTicketKey {
  using Name = std::array<std::uint8_t, 16>;  // stands in the ticket in clear

  TlsTicketKey() = default;
  TlsTicketKey(const TlsTicketKey&) = default;
  TlsTicketKey& operator=(const TlsTicketKey&) = default;
  ~TlsTicketKey();

  Name name{};
  std::array<std::uint8_t, 32> cipher{};          // AES-256
  std::array<std::uint8_t, 32> authentication{};  // HMAC-SHA256
};

// Of keys in memory: whether a new one is due, and how many of the old stay. A key seals for 12 hours and
// opens for a day after that. `made`: when each was made, the newest first.
struct TlsTicketTurn {
  bool makes_one = false;
  std::size_t keeps = 0;
  bool operator==(const TlsTicketTurn&) const = default;
};
TlsTicketTurn next_ticket_turn(std::span<const base::Instant> made, base::Instant now);

// Shared by all threads of a process, and by every context that tickets shall pass between. Readers never
// wait; a change waits for those who are just copying a key. A key in use is a copy, so connections go on
// through any change.
class TlsTicketKeys {
 public:
  static constexpr std::size_t kMost = 16;

  // Of this process alone; to be turned by rotate().
  static std::expected<std::shared_ptr<TlsTicketKeys>, std::string> in_memory(base::Instant now);

  // A key a line, 32 bytes in base64 (44 characters); blank lines and lines that begin with # do not count.
  // Name and both keys come from the 32 bytes by HKDF (RFC 5869): so the file has the form of
  // secrets.cookie_keys_file and is made alike, and one name never stands for two keys, as it may in files
  // that hold name and keys side by side. What is wrong is said with its line, never with what the line
  // holds.
  static std::expected<std::shared_ptr<TlsTicketKeys>, std::string> from_text(std::string_view file);

  // Keys in memory for another process of this machine, which takes over; to be cleansed. Empty: they are
  // those of a file, which that one reads itself.
  std::string to_text(base::Instant now) const;
  // Those keys, which turn as they would have. Null: the text makes no sense.
  static std::shared_ptr<TlsTicketKeys> taken_over(std::string_view text, base::Instant now);

  ~TlsTicketKeys() = default;
  TlsTicketKeys(const TlsTicketKeys&) = delete;
  TlsTicketKeys& operator=(const TlsTicketKeys&) = delete;

  TlsTicketKey current() const;  // that seals

  struct Found {
    TlsTicketKey key;
    bool seals = false;  // else the ticket is to be renewed
  };
  std::optional<Found> find(const TlsTicketKey::Name& name) const;
  std::size_t size() const;  // at least 1

  // Whether the keys have changed. Those of a file never do here, nor do any if the system gives no random
  // bytes.
  bool rotate(base::Instant now);
  // Becomes what `other` is: of a file that has changed and was read whole.
  void replace(const TlsTicketKeys& other);

 private:
  struct Keys {
    std::expected<void, std::string> add(std::string_view line);
    std::optional<std::size_t> find(const TlsTicketKey::Name& name) const;

    std::array<TlsTicketKey, kMost> keys{};
    std::array<base::Instant, kMost> made{};
    std::size_t size = 0;
    bool rotates = false;
  };
  // Two of them: one is read while the other is written.
  struct Side {
    mutable std::atomic<std::uint32_t> readers{0};
    Keys keys;
  };
  class Reading;

  TlsTicketKeys() = default;
  Keys copy() const;
  void publish(const Keys& keys);

  std::array<Side, 2> sides_;
  std::atomic<std::uint32_t> active_{0};
  std::mutex writing_;
};

}  // namespace weir::net
