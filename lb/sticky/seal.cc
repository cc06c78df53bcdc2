#include "lb/sticky/seal.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lb/sticky/base64url.h"

namespace weir::sticky {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kIdAt = 1;
constexpr std::size_t kNonceAt = kIdAt + sizeof(KeyId);
constexpr std::size_t kClear = kNonceAt + sizeof(Nonce);
constexpr std::size_t kStep = 96;
constexpr std::size_t kTicketHead = 8 + 8 + 3;  // issue time, session, and the lengths of three names
constexpr std::size_t kMostName = 255;

constexpr std::size_t bytes_of(std::size_t steps) { return kClear + steps * kStep + sizeof(Tag); }
constexpr std::size_t kLeastBytes = bytes_of(1);
constexpr std::size_t kMostSteps = 7;
static_assert(kLeastBytes % 3 == 0 && kStep % 3 == 0, "values are whole groups of base64");
static_assert(base64url_size(bytes_of(kMostSteps)) <= Sealer::kMostValue);

template <class Integer>
void put(std::uint8_t*& to, Integer value) {
  for (std::size_t i = 0; i < sizeof value; ++i) to[i] = static_cast<std::uint8_t>(value >> 8 * i);
  to += sizeof value;
}
void put(std::uint8_t*& to, std::string_view text) {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  to += text.size();
}

std::uint64_t take_number(const std::uint8_t*& from) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value |= std::uint64_t{from[i]} << 8 * i;
  from += sizeof value;
  return value;
}

std::size_t steps_for(const Ticket& ticket) {
  const std::size_t size = kTicketHead + ticket.group.size() + ticket.target.size() + ticket.zone.size();
  return (size + kStep - 1) / kStep;
}

bool fits(const Ticket& ticket) {
  return std::max({ticket.group.size(), ticket.target.size(), ticket.zone.size()}) <= kMostName &&
         steps_for(ticket) <= kMostSteps;
}

void write(const Ticket& ticket, std::span<std::uint8_t> room) {
  std::uint8_t* to = room.data();
  put(to, static_cast<std::uint64_t>(ticket.issued));
  put(to, ticket.session);
  for (const std::string_view name : {ticket.group, ticket.target, ticket.zone}) {
    *to++ = static_cast<std::uint8_t>(name.size());
  }
  for (const std::string_view name : {ticket.group, ticket.target, ticket.zone}) put(to, name);
  std::fill(to, room.data() + room.size(), std::uint8_t{0});
}

// Only a holder of the key can have written it, but a later weir may write otherwise.
std::optional<Ticket> read(std::span<const std::uint8_t> bytes) {
  Ticket ticket;
  const std::uint8_t* from = bytes.data();
  ticket.issued = static_cast<std::int64_t>(take_number(from));
  ticket.session = take_number(from);
  const std::uint8_t* lengths = from;
  from += 3;
  if (kTicketHead + lengths[0] + lengths[1] + lengths[2] > bytes.size()) return std::nullopt;
  for (std::string_view* name : {&ticket.group, &ticket.target, &ticket.zone}) {
    *name = {reinterpret_cast<const char*>(from), *lengths};
    from += *lengths++;
  }
  return ticket;
}

}  // namespace

std::string_view word(Refusal refusal) {
  switch (refusal) {
    case Refusal::oversized: return "oversized";
    case Refusal::malformed: return "malformed";
    case Refusal::foreign: return "foreign";
    case Refusal::forged: return "forged";
  }
  std::unreachable();
}

Sealer::Sealer(std::shared_ptr<const Keys> keys, Xaes::Engine engine) : xaes_(std::move(keys), engine) {}

// Version and key id as they begin a value, then the length of the name, so that no two purposes are written
// alike.
std::optional<std::span<const std::uint8_t>> Sealer::associate(const std::uint8_t* clear,
                                                               const Purpose& purpose) {
  if (purpose.cookie.size() > kMostName ||
      purpose.scope.size() > associated_.size() - kNonceAt - 1 - kMostName) {
    return std::nullopt;
  }
  std::uint8_t* to = std::copy_n(clear, kNonceAt, associated_.data());
  *to++ = static_cast<std::uint8_t>(purpose.cookie.size());
  put(to, purpose.cookie);
  put(to, purpose.scope);
  return std::span(associated_.data(), to);
}

std::optional<std::string_view> Sealer::seal(const Purpose& purpose, const Ticket& ticket,
                                             const Nonce& nonce) {
  if (!fits(ticket)) return std::nullopt;
  const std::size_t content = steps_for(ticket) * kStep;
  sealed_[0] = kVersion;
  std::memcpy(&sealed_[kIdAt], xaes_.keys()[0].id.data(), sizeof(KeyId));
  std::memcpy(&sealed_[kNonceAt], nonce.data(), nonce.size());
  const auto associated = associate(sealed_.data(), purpose);
  if (!associated) return std::nullopt;
  const auto room = std::span(sealed_).subspan(kClear, content);
  write(ticket, room);
  Tag tag;
  if (!xaes_.seal(0, nonce, *associated, room, room.data(), tag)) return std::nullopt;
  std::memcpy(&sealed_[kClear + content], tag.data(), tag.size());
  const auto bytes = std::span(sealed_).first(kClear + content + tag.size());
  encode_base64url(bytes, value_.data());
  return std::string_view(value_.data(), base64url_size(bytes.size()));
}

std::expected<Ticket, Refusal> Sealer::open(const Purpose& purpose, std::string_view value) {
  if (value.size() > kMostValue) return std::unexpected(Refusal::oversized);
  const std::size_t size = value.size() / 4 * 3;
  if (value.size() % 4 != 0 || size < kLeastBytes || (size - kLeastBytes) % kStep != 0 ||
      !decode_base64url(value, opened_.data()) || opened_[0] != kVersion) {
    return std::unexpected(Refusal::malformed);
  }
  KeyId id;
  Nonce nonce;
  Tag tag;
  std::memcpy(id.data(), &opened_[kIdAt], id.size());
  const auto key = xaes_.keys().find(id);
  if (!key) return std::unexpected(Refusal::foreign);
  std::memcpy(nonce.data(), &opened_[kNonceAt], nonce.size());
  std::memcpy(tag.data(), &opened_[size - tag.size()], tag.size());
  const auto associated = associate(opened_.data(), purpose);
  const auto content = std::span(opened_).subspan(kClear, size - kClear - tag.size());
  if (!associated || !xaes_.open(*key, nonce, *associated, content, content.data(), tag)) {
    return std::unexpected(Refusal::forged);
  }
  const auto ticket = read(content);
  if (!ticket) return std::unexpected(Refusal::malformed);
  return *ticket;
}

}  // namespace weir::sticky
