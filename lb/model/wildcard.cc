#include "lb/model/wildcard.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <array>

#include "lb/base/text.h"

namespace weir::model {
namespace {

// Tokens beside the 256 bytes.
constexpr std::uint16_t kAnyOne = 256;
constexpr std::uint16_t kAnyMany = 257;

constexpr std::size_t kMaskBits = 64;

bool is_letter(std::uint16_t byte) {
  const char c = base::lower(static_cast<char>(byte));
  return c >= 'a' && c <= 'z';
}

}  // namespace

void Wildcard::add(char c, bool any) {
  Piece& piece = pieces_.back();
  piece.bytes += any ? '\0' : folded(c);
  if (any || !piece.any.empty()) {
    piece.any.resize(piece.bytes.size());
    piece.any.back() = any ? '\1' : '\0';
  }
}

char Wildcard::folded(char c) const { return letters_ == Case::sensitive ? c : base::lower(c); }

std::expected<Wildcard, std::string> Wildcard::parse(std::string_view text, Case letters) {
  Wildcard wildcard(letters);
  bool after_star = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '*') {
      if (!after_star) wildcard.pieces_.emplace_back();
      after_star = true;
      continue;
    }
    after_star = false;
    if (text[i] == '\\') {
      if (++i == text.size()) return std::unexpected("ends in a lone backslash; write \\\\ for one");
      if (text[i] != '*' && text[i] != '?' && text[i] != '\\') {
        return std::unexpected(fmt::format("\\{}: only *, ? and \\ can follow a backslash", text[i]));
      }
      wildcard.add(text[i], false);
    } else {
      wildcard.add(text[i], text[i] == '?');
    }
  }
  return wildcard;
}

Wildcard Wildcard::literal(std::string_view text, Case letters) {
  Wildcard wildcard(letters);
  for (const char c : text) wildcard.add(c, false);
  return wildcard;
}

bool Wildcard::is_at(const Piece& piece, std::string_view text, std::size_t at) const {
  if (text.size() - at < piece.bytes.size()) return false;
  if (piece.any.empty() && letters_ == Case::sensitive) {
    return text.compare(at, piece.bytes.size(), piece.bytes) == 0;
  }
  for (std::size_t i = 0; i < piece.bytes.size(); ++i) {
    const bool any = !piece.any.empty() && piece.any[i] != '\0';
    if (!any && folded(text[at + i]) != piece.bytes[i]) return false;
  }
  return true;
}

// The Shift-And search (Baeza-Yates and Gonnet 1992): bit i of `state` is set where the piece's first i + 1
// bytes end at the byte just read.
std::size_t Wildcard::find(const Piece& piece, std::string_view text, std::size_t from) const {
  const std::size_t size = piece.bytes.size();
  if (piece.any.empty() && letters_ == Case::sensitive) {
    const void* const found = memmem(text.data() + from, text.size() - from, piece.bytes.data(), size);
    if (found == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
  }
  const std::size_t bits = std::min(size, kMaskBits);
  std::uint64_t anywhere = 0;
  std::array<std::uint64_t, 256> masks{};
  for (std::size_t i = 0; i < bits; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (!piece.any.empty() && piece.any[i] != '\0') {
      anywhere |= bit;
    } else {
      masks[static_cast<unsigned char>(piece.bytes[i])] |= bit;
    }
  }
  const std::uint64_t last = std::uint64_t{1} << (bits - 1);
  std::uint64_t state = 0;
  for (std::size_t i = from; i < text.size(); ++i) {
    state = (state << 1 | 1) & (masks[static_cast<unsigned char>(folded(text[i]))] | anywhere);
    if ((state & last) == 0) continue;
    const std::size_t at = i + 1 - bits;
    if (size == bits || is_at(piece, text, at)) return at;
  }
  return std::string_view::npos;
}

bool Wildcard::matches(std::string_view text) const {
  const Piece& first = pieces_.front();
  if (pieces_.size() == 1) return text.size() == first.bytes.size() && is_at(first, text, 0);
  const Piece& last = pieces_.back();
  if (text.size() < first.bytes.size() + last.bytes.size()) return false;
  if (!is_at(first, text, 0) || !is_at(last, text, text.size() - last.bytes.size())) return false;
  std::size_t at = first.bytes.size();
  text.remove_suffix(last.bytes.size());
  for (std::size_t i = 1; i + 1 < pieces_.size(); ++i) {
    at = find(pieces_[i], text, at);
    if (at == std::string_view::npos) return false;
    at += pieces_[i].bytes.size();
  }
  return true;
}

std::vector<std::uint16_t> Wildcard::tokens() const {
  std::vector<std::uint16_t> all;
  for (const Piece& piece : pieces_) {
    if (&piece != &pieces_.front()) all.push_back(kAnyMany);
    for (std::size_t i = 0; i < piece.bytes.size(); ++i) {
      const bool any = !piece.any.empty() && piece.any[i] != '\0';
      all.push_back(any ? kAnyOne : static_cast<unsigned char>(piece.bytes[i]));
    }
  }
  return all;
}

// The other's tokens are read as a text in which its own wildcards are characters that nothing but a wildcard
// takes. Goes back to the last star only.
bool Wildcard::covers(const Wildcard& other) const {
  const bool folds_more = letters_ == Case::sensitive && other.letters_ == Case::insensitive;
  if (other.is_literal() && !folds_more) return matches(other.prefix());
  if (is_literal() && !other.is_literal()) return false;
  const auto takes = [&](std::uint16_t mine, std::uint16_t theirs) {
    if (mine == kAnyOne) return theirs != kAnyMany;
    if (mine >= kAnyOne || theirs >= kAnyOne || (folds_more && is_letter(theirs))) return false;
    return mine == theirs || mine == static_cast<unsigned char>(folded(static_cast<char>(theirs)));
  };
  const std::vector<std::uint16_t> pattern = tokens();
  const std::vector<std::uint16_t> text = other.tokens();
  std::size_t p = 0, t = 0, after_star = 0, resume = 0;
  bool starred = false;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == kAnyMany) {
      after_star = ++p;
      resume = t;
      starred = true;
    } else if (p < pattern.size() && takes(pattern[p], text[t])) {
      ++p;
      ++t;
    } else if (starred) {
      p = after_star;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == kAnyMany) ++p;
  return p == pattern.size();
}

bool Wildcard::has_any_one() const {
  return std::ranges::any_of(pieces_, [](const Piece& piece) { return !piece.any.empty(); });
}

std::string_view Wildcard::prefix() const {
  const Piece& piece = pieces_.front();
  const std::string_view bytes = piece.bytes;
  return piece.any.empty() ? bytes : bytes.substr(0, piece.any.find('\1'));
}

std::string_view Wildcard::suffix() const {
  const Piece& piece = pieces_.back();
  const std::string_view bytes = piece.bytes;
  return piece.any.empty() ? bytes : bytes.substr(piece.any.rfind('\1') + 1);
}

}  // namespace weir::model
