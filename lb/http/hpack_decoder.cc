#include "lb/http/hpack_decoder.h"

#include "lb/http/hpack_huffman.h"

namespace weir::http {
namespace {

// Patterns of RFC 7541 6.
constexpr std::uint8_t kWithIndexing = 0x40;
constexpr std::uint8_t kTableSize = 0x20;

constexpr std::uint8_t kHuffman = 0x80;
constexpr unsigned kMostNumberBytes = 5;       // behind the prefix
constexpr std::size_t kKeptBufferBytes = 256;  // of a buffer between blocks

void let_go(std::string& buffer) {
  if (buffer.capacity() > kKeptBufferBytes) std::string().swap(buffer);
}

}  // namespace

void HpackDecoder::begin(std::string_view block) {
  block_ = block;
  at_ = 0;
}

HpackDecoder::Next HpackDecoder::next(HpackField& field) {
  if (at_ == 0 && !resize_tables()) return Next::failed;
  if (at_ == block_.size()) return end_block();
  const std::uint8_t pattern = first();
  if ((pattern & kHpackIndexed) != 0) {
    const std::optional<std::uint64_t> index = read_number(7);
    return index && table_.find(*index, field) ? Next::field : Next::failed;
  }
  const bool indexing = (pattern & kWithIndexing) != 0;
  if (!indexing && (pattern & kTableSize) != 0) return Next::failed;  // RFC 7541 4.2: only in front
  return read_literal(field, indexing ? 6 : 4, indexing) ? Next::field : Next::failed;
}

HpackDecoder::Next HpackDecoder::end_block() {
  let_go(name_);
  let_go(value_);
  return Next::end;
}

bool HpackDecoder::resize_tables() {
  while (at_ != block_.size() && (first() & 0xe0) == kTableSize) {
    const std::optional<std::uint64_t> size = read_number(5);
    if (!size || *size > HpackTable::kMostSize) return false;
    table_.set_capacity(static_cast<std::uint32_t>(*size));
  }
  return true;
}

bool HpackDecoder::read_literal(HpackField& field, unsigned prefix_bits, bool indexing) {
  const std::optional<std::uint64_t> index = read_number(prefix_bits);
  if (!index) return false;
  if (*index == 0) {
    const std::optional<std::string_view> name = read_text(name_);
    if (!name) return false;
    field.name = *name;
    judge_name(field);
  } else {
    if (!table_.find(*index, field)) return false;
    if (indexing && *index > kHpackStaticFields) field.name = name_.assign(field.name);
  }
  const std::optional<std::string_view> value = read_text(value_);
  if (!value) return false;
  field.value = *value;
  judge_value(field);
  if (indexing) table_.add(field);
  return true;
}

// RFC 7541 5.1.
std::optional<std::uint64_t> HpackDecoder::read_number(unsigned prefix_bits) {
  const std::uint8_t most = static_cast<std::uint8_t>((1U << prefix_bits) - 1);
  std::uint64_t value = first() & most;
  ++at_;
  if (value < most) return value;
  for (unsigned i = 0; i < kMostNumberBytes && at_ != block_.size(); ++i) {
    const std::uint8_t byte = first();
    ++at_;
    value += std::uint64_t{byte & 0x7fU} << (7 * i);
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

// RFC 7541 5.2.
std::optional<std::string_view> HpackDecoder::read_text(std::string& decoded) {
  if (at_ == block_.size()) return std::nullopt;
  const bool coded = (first() & kHuffman) != 0;
  const std::optional<std::uint64_t> size = read_number(7);
  if (!size || *size > block_.size() - at_) return std::nullopt;
  const std::string_view text = block_.substr(at_, static_cast<std::size_t>(*size));
  at_ += text.size();
  if (!coded) return text;
  bool good = true;
  decoded.resize_and_overwrite(huffman_room(text.size()), [&](char* to, std::size_t) {
    const std::optional<std::size_t> bytes = decode_huffman(text, to);
    good = bytes.has_value();
    return bytes.value_or(0);
  });
  if (!good) return std::nullopt;
  return decoded;
}

}  // namespace weir::http
