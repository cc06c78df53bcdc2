#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The keys that seal cookies. Made once from the text of a key file, never changed, shared by all threads.
// The first key seals, every key opens: so a fleet changes keys in two steps (a new last line everywhere,
// then that line first) and loses no session. The memory of keys is cleansed when it is given back.
namespace weir::sticky {

// The first bytes of the key's SHA-256. It stands in the cookie in clear.
using KeyId = std::array<std::uint8_t, 4>;

struct Key {
  KeyId id{};
  std::array<std::uint8_t, 32> secret{};
};

class Keys {
 public:
  static constexpr std::size_t kMost = 64;

  // One key a line, 32 bytes in base64 (44 characters); blank lines and lines that begin with # do not count.
  // What is wrong is said with its line, never with what the line holds.
  static std::expected<std::shared_ptr<const Keys>, std::string> parse(std::string_view text);

  ~Keys();
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  std::size_t size() const { return keys_.size(); }  // at least 1
  const Key& operator[](std::size_t index) const { return keys_[index]; }
  std::optional<std::size_t> find(KeyId id) const;

 private:
  Keys();
  std::expected<void, std::string> add(std::string_view line);

  std::vector<Key> keys_;
};

// Whether they are the same, in the same order.
bool same(const Keys& a, const Keys& b);

// A new key from the system's randomness, as a line of a key file. Absent: there was none.
std::optional<std::string> make_key_line();

// As the text of a key file, for another process of this machine; to be cleansed.
std::string to_text(const Keys& keys);

// Overwrites a text that held keys.
void cleanse(std::string& text);

}  // namespace weir::sticky
