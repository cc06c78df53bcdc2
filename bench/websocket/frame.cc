#include "bench/websocket/frame.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace weir::bench::websocket {
namespace {

constexpr std::size_t kMostControl = 125;  // bytes of a control frame's payload
constexpr std::size_t kKeepCapacity = 16 * 1024;
constexpr std::uint8_t kFin = 0x80;
constexpr std::uint8_t kReserved = 0x70;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint8_t kLength16 = 126;
constexpr std::uint8_t kLength64 = 127;

bool is_known(Opcode opcode) {
  const auto number = static_cast<unsigned>(opcode);
  return number <= 2 || (number >= 8 && number <= 10);
}

// Those that may be sent in a frame: 1004 to 1006 and 1015 may not.
bool may_be_sent(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::uint64_t big_endian(std::span<const std::uint8_t> bytes) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : bytes) number = number << 8 | byte;
  return number;
}

void append_big_endian(std::string& out, std::uint64_t number, unsigned bytes) {
  while (bytes-- != 0) out += static_cast<char>(number >> (8 * bytes) & 0xffU);
}

// Masks and unmasks: it is the same. Eight bytes at a time.
void apply_mask(char* bytes, std::size_t size, const std::uint8_t* key) {
  std::uint64_t wide = 0;
  std::memcpy(&wide, key, 4);
  std::memcpy(reinterpret_cast<char*>(&wide) + 4, key, 4);
  std::size_t i = 0;
  for (; i + sizeof wide <= size; i += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, sizeof word);
    word ^= wide;
    std::memcpy(bytes + i, &word, sizeof word);
  }
  for (; i < size; ++i) bytes[i] = static_cast<char>(static_cast<std::uint8_t>(bytes[i]) ^ key[i % 4]);
}

}  // namespace

// How many bytes the header has, as far as its first two tell.
std::size_t FrameParser::header_bytes() const {
  if (header_size_ < 2) return 2;
  const unsigned length = header_[1] & 0x7fU;
  const std::size_t extended = length == kLength64 ? 8 : length == kLength16 ? 2 : 0;
  return 2 + extended + (masked() ? 4 : 0);
}

// False: more bytes are needed.
bool FrameParser::take_header(std::string_view& input) {
  const std::size_t some = std::min(header_bytes() - header_size_, input.size());
  std::ranges::copy(input.substr(0, some), header_.begin() + header_size_);
  header_size_ = static_cast<std::uint8_t>(header_size_ + some);
  input.remove_prefix(some);
  return header_size_ >= 2;
}

// What the first two bytes tell; 0: nothing is wrong.
std::uint16_t FrameParser::check_start() const {
  const bool fin = (header_[0] & kFin) != 0;
  if ((header_[0] & kReserved) != 0 || !is_known(opcode())) return kProtocolError;
  if (masked() != (end_ == End::server)) return kProtocolError;
  if (is_control(opcode())) {
    return fin && (header_[1] & 0x7fU) <= kMostControl ? 0 : kProtocolError;
  }
  return (opcode() == Opcode::continuation) == in_message_ ? 0 : kProtocolError;
}

// The length. One that is written longer than it must be is none (RFC 6455 5.2).
std::uint16_t FrameParser::read_header() {
  const std::span<const std::uint8_t> extended(header_.begin() + 2, header_.end());
  length_ = header_[1] & 0x7fU;
  if (length_ == kLength16) {
    length_ = big_endian(extended.first(2));
    if (length_ < kLength16) return kProtocolError;
  } else if (length_ == kLength64) {
    length_ = big_endian(extended.first(8));
    if (length_ <= 0xffff || length_ >> 63 != 0) return kProtocolError;
  }
  return length_ > most_ ? kMessageTooBig : 0;
}

FrameParser::Step FrameParser::next(std::string_view input) {
  const std::size_t before = input.size();
  const auto fail = [&](std::uint16_t code) {
    return Step{Step::Kind::failed, before - input.size(), {}, code};
  };
  if (in_payload_) return take_payload(input, before);
  if (header_size_ < 2) {
    if (!take_header(input)) return {.consumed = before};
    if (const std::uint16_t code = check_start(); code != 0) return fail(code);
  }
  take_header(input);
  if (header_size_ < header_bytes()) return {.consumed = before};
  if (const std::uint16_t code = read_header(); code != 0) return fail(code);
  in_payload_ = true;
  payload_.clear();
  if (payload_.capacity() > kKeepCapacity) payload_.shrink_to_fit();
  return take_payload(input, before);
}

FrameParser::Step FrameParser::take_payload(std::string_view input, std::size_t before) {
  const std::size_t header = before - input.size();
  const std::size_t left = static_cast<std::size_t>(length_) - payload_.size();
  const std::string_view piece = input.substr(0, left);
  if (!masked() && payload_.empty() && piece.size() == left) return whole(piece, header + left);
  payload_ += piece;
  if (piece.size() < left) return {.consumed = before};
  if (masked()) apply_mask(payload_.data(), payload_.size(), header_.data() + header_bytes() - 4);
  return whole(payload_, header + left);
}

FrameParser::Step FrameParser::whole(std::string_view payload, std::size_t consumed) {
  const Frame frame{(header_[0] & kFin) != 0, opcode(), payload};
  in_payload_ = false;
  header_size_ = 0;
  if (!is_control(frame.opcode)) in_message_ = !frame.fin;
  if (frame.opcode == Opcode::close && !payload.empty()) {
    const auto code = close_code(payload);
    if (!code || !may_be_sent(*code)) return {Step::Kind::failed, consumed, {}, kProtocolError};
  }
  return {Step::Kind::frame, consumed, frame, 0};
}

void write_frame(std::string& out, const Frame& frame, const std::optional<MaskKey>& mask) {
  const std::uint8_t masked = mask ? kMasked : 0;
  const std::size_t size = frame.payload.size();
  out += static_cast<char>((frame.fin ? kFin : 0U) | static_cast<unsigned>(frame.opcode));
  if (size < kLength16) {
    out += static_cast<char>(masked | size);
  } else if (size <= 0xffff) {
    out += static_cast<char>(masked | kLength16);
    append_big_endian(out, size, 2);
  } else {
    out += static_cast<char>(masked | kLength64);
    append_big_endian(out, size, 8);
  }
  if (mask) out.append(reinterpret_cast<const char*>(mask->data()), mask->size());
  const std::size_t begin = out.size();
  out += frame.payload;
  if (mask) apply_mask(out.data() + begin, size, mask->data());
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload;
  append_big_endian(payload, code, 2);
  payload += reason.substr(0, kMostControl - payload.size());
  return payload;
}

std::optional<std::uint16_t> close_code(std::string_view payload) {
  if (payload.size() < 2) return std::nullopt;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(payload[i]); };
  return static_cast<std::uint16_t>(byte(0) << 8 | byte(1));
}

}  // namespace weir::bench::websocket
