#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

// Literal text with `*` for any bytes and `?` for one byte; `\*`, `\?` and `\\` are these characters
// themselves. The whole text has to match. A value.
//
// A match takes time linear in the text: the literal pieces between the stars are searched from left to
// right, each by a search that never goes back (beyond the first 64 bytes of a piece, by comparing).
namespace weir::model {

class Wildcard {
 public:
  enum class Case : std::uint8_t { sensitive, insensitive };

  // The error says what is wrong with a backslash.
  static std::expected<Wildcard, std::string> parse(std::string_view text, Case letters);
  // The text itself, without wildcards or escapes.
  static Wildcard literal(std::string_view text, Case letters);

  bool matches(std::string_view text) const;
  // Whether every text that `other` matches is matched here too. False may mean: not found out.
  bool covers(const Wildcard& other) const;

  bool is_literal() const { return pieces_.size() == 1 && pieces_.front().any.empty(); }
  bool is_everything() const { return pieces_.size() == 2 && starts_with_star() && ends_with_star(); }
  bool starts_with_star() const { return pieces_.size() > 1 && pieces_.front().bytes.empty(); }
  bool ends_with_star() const { return pieces_.size() > 1 && pieces_.back().bytes.empty(); }
  // How many stretches `*` stands for.
  std::size_t stars() const { return pieces_.size() - 1; }
  bool has_any_one() const;
  // The literal text before the first wildcard and behind the last one, all of it if there is none. In lower
  // case if letters may be of either case.
  std::string_view prefix() const;
  std::string_view suffix() const;

 private:
  struct Piece {
    std::string bytes;
    std::string any;  // empty, or not '\0' where any byte will do
  };

  explicit Wildcard(Case letters) : pieces_(1), letters_(letters) {}
  void add(char c, bool any);
  char folded(char c) const;
  bool is_at(const Piece& piece, std::string_view text, std::size_t at) const;
  std::size_t find(const Piece& piece, std::string_view text, std::size_t from) const;
  std::vector<std::uint16_t> tokens() const;

  std::vector<Piece> pieces_;  // with a star between each two
  Case letters_;
};

}  // namespace weir::model
