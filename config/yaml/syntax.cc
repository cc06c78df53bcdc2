#include "config/yaml/syntax.h"

#include <yaml-cpp/exceptions.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "config/yaml/outline.h"

namespace weir::config {
namespace {

namespace parser = YAML::ErrorMsg;

constexpr const char* kQuoteIt = "put it in quotes";
constexpr const char* kBlanks = " \t";

bool is_one_of(std::string_view message, std::initializer_list<std::string_view> list) {
  return std::ranges::find(list, message) != list.end();
}

// One line of the file: its indentation, and where things stand in it.
struct Line {
  Line(const Source& source, std::size_t offset)
      : begin(source.line_begin(offset)), text(source.line(offset)) {
    indentation = std::min(text.find_first_not_of(kBlanks), text.size());
    content = text.substr(indentation);
    while (content.starts_with("- ")) content.remove_prefix(2);
  }
  bool blank() const { return content.empty() || content.starts_with('#'); }

  std::size_t begin;
  std::string_view text;
  std::size_t indentation = 0;
  std::string_view content;  // without indentation and list dashes
};

// Each explain_ function reports and returns true if it knows what happened.
class Explainer {
 public:
  Explainer(const Source& source, std::size_t offset, const std::string& message, Report& report)
      : source_(source),
        text_(source.text()),
        offset_(std::min(offset, text_.size())),
        message_(message),
        report_(report),
        line_(source, offset_),
        outline_(outline_of(text_, std::min(offset_ + 1, text_.size()))) {}

  void explain() {
    if (explain_tab() || explain_first_character() || explain_escape() || explain_brackets() ||
        explain_behind() || explain_colon() || explain_list() || explain_line_before() ||
        explain_indentation()) {
      return;
    }
    report_.add<Message::syntax>(word(offset_), message_);
  }

 private:
  Where word(std::size_t offset) const { return where_at(source_, offset, word_length(source_, offset)); }
  Where character(std::size_t offset) const { return where_at(source_, offset, 1); }
  char at(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\n'; }
  bool begins_line() const { return offset_ == line_.begin + line_.indentation; }

  bool explain_tab() {
    const std::size_t tab = line_.text.substr(0, line_.indentation).find('\t');
    if (tab == std::string_view::npos) return false;
    report_.add_with_hint<Message::syntax_tab>(character(line_.begin + tab), "use spaces");
    return true;
  }

  // A plain value that begins with one of YAML's own characters.
  bool explain_first_character() {
    // yaml-cpp 0.8 puts the name behind the message about an unknown anchor.
    if (!message_.starts_with(parser::UNKNOWN_ANCHOR) &&
        !is_one_of(message_, {parser::UNKNOWN_TOKEN, parser::ALIAS_NOT_FOUND, parser::CHAR_IN_ALIAS,
                              parser::ANCHOR_NOT_FOUND, parser::CHAR_IN_ANCHOR, parser::CHAR_IN_BLOCK})) {
      return false;
    }
    std::size_t begin = offset_;
    while (begin > line_.begin && std::string_view(" \t[{,").find(text_[begin - 1]) == std::string_view::npos)
      --begin;
    if (message_ == parser::UNKNOWN_TOKEN && begin < offset_) {
      report_.add_with_hint<Message::syntax_flow_character>(character(offset_), kQuoteIt, at(offset_));
      return true;
    }
    const Where where = word(begin);
    const std::string_view found = text_.substr(begin, where.length);
    const auto part_of_name = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
    };
    if (found.size() > 1 && found[0] == '*' && std::ranges::all_of(found.substr(1), part_of_name)) {
      report_.add_with_hint<Message::alias_unknown>(where, "put it in quotes if it is meant as text",
                                                    shown(found.substr(1)));
      return true;
    }
    report_.add_with_hint<Message::syntax_first_character>(where, kQuoteIt, at(begin));
    return true;
  }

  bool explain_escape() {
    if (!message_.starts_with(parser::INVALID_ESCAPE) && !message_.starts_with(parser::INVALID_UNICODE) &&
        message_ != parser::INVALID_HEX) {
      return false;
    }
    const std::size_t backslash = text_.rfind('\\', offset_ == 0 ? 0 : offset_ - 1);
    if (backslash == std::string_view::npos) return false;
    report_.add_with_hint<Message::syntax_escape>(where_at(source_, backslash, 2),
                                                  "double the backslash, or use 'single quotes'",
                                                  shown(text_.substr(backslash, 2)));
    return true;
  }

  bool explain_brackets() {
    if (message_ == parser::FLOW_END) {
      const Outline before = outline_of(text_, offset_);
      if (!before.open.empty()) {
        report_.add<Message::syntax_bracket>(character(before.open.back().at), at(before.open.back().at));
        return true;
      }
      report_.add<Message::syntax_bracket_stray>(character(offset_), at(offset_));
      return true;
    }
    if (!is_one_of(message_, {parser::END_OF_SEQ_FLOW, parser::END_OF_MAP_FLOW}) || outline_.open.empty())
      return false;
    const Outline::Bracket bracket = outline_.open.back();
    const char character_found = at(bracket.at);
    if (bracket.in_word) {
      report_.add_with_hint<Message::syntax_flow_character>(character(bracket.at), kQuoteIt, character_found);
      return true;
    }
    const char closing = character_found == '[' ? ']' : '}';
    if (line_.text.find(closing, offset_ - line_.begin) != std::string_view::npos && !begins_line()) {
      report_.add<Message::syntax_comma>(word(offset_), closing);
    } else {
      report_.add<Message::syntax_bracket>(character(bracket.at), character_found);
    }
    return true;
  }

  // Something stands behind a closing quote or bracket.
  bool explain_behind() {
    const std::size_t before = text_.find_last_not_of(kBlanks, offset_ == 0 ? 0 : offset_ - 1);
    if (before == std::string_view::npos || before < line_.begin) return false;
    if (outline_.quoted && outline_.quoted->end == before + 1) {
      const bool one_line = source_.line_begin(outline_.quoted->begin) == line_.begin;
      if (one_line) {
        report_.add_with_hint<Message::syntax_after_quote>(word(offset_), "quote the whole value");
      } else {
        report_.add<Message::syntax_quote>(character(outline_.quoted->begin));
      }
      return true;
    }
    if (outline_.closing != before) return false;
    report_.add_with_hint<Message::syntax_after_bracket>(
        word(offset_), "put it in quotes if all of it is one value", at(before));
    return true;
  }

  bool explain_colon() {
    if (message_ != parser::MAP_VALUE) return false;
    const std::string_view before = line_.text.substr(0, offset_ - line_.begin);
    if (before.find(": ") == std::string_view::npos) return false;
    report_.add_with_hint<Message::syntax_colon>(character(offset_), kQuoteIt);
    return true;
  }

  bool explain_list() {
    if (message_ == parser::BLOCK_ENTRY && !begins_line()) {
      report_.add_with_hint<Message::syntax_list_inline>(character(offset_),
                                                         "begin a new line, or write [ ... ]");
      return true;
    }
    if (!begins_line() || !std::string(line_.text.substr(line_.indentation)).append(" ").starts_with("- "))
      return false;
    report_.add<Message::syntax_list_in_map>(character(offset_));
    return true;
  }

  // The line before is the culprit: the parser took this one for a part of it.
  bool explain_line_before() {
    if (!is_one_of(message_, {parser::MAP_VALUE, parser::END_OF_MAP, parser::END_OF_SEQ})) return false;
    std::optional<Line> before;
    std::size_t begin = line_.begin;
    while (begin > 0 && (!before || before->blank())) {
      before.emplace(source_, begin - 1);
      begin = before->begin;
    }
    if (!before || before->blank() || before->content.find(": ") != std::string_view::npos ||
        before->content.ends_with(':') || before->text.substr(before->indentation).starts_with("- ")) {
      return false;
    }
    const std::size_t content = static_cast<std::size_t>(before->content.data() - text_.data());
    const Where where = where_at(source_, content, before->content.size());
    if (const std::size_t colon = before->content.find(':'); colon != std::string_view::npos && colon > 0) {
      report_.add<Message::syntax_space>(where, shown(before->content.substr(0, colon)));
    } else {
      report_.add<Message::syntax_not_a_key>(where, shown(before->content));
    }
    return true;
  }

  bool explain_indentation() {
    const bool value = message_ == parser::MAP_VALUE;
    if (!value && !(is_one_of(message_, {parser::END_OF_MAP, parser::END_OF_SEQ}) && begins_line()))
      return false;
    report_.add_with_hint<Message::syntax_indentation>(word(line_.begin + line_.indentation),
                                                       "keys of one map begin in the same column");
    return true;
  }

  const Source& source_;
  std::string_view text_;
  std::size_t offset_;
  const std::string& message_;
  Report& report_;
  Line line_;
  Outline outline_;
};

}  // namespace

void report_syntax(const Source& source, std::size_t offset, const std::string& parser_message,
                   Report& report) {
  Explainer(source, offset, parser_message, report).explain();
}

bool check_directives(const Source& source, Report& report) {
  const std::string_view text = source.text();
  for (std::size_t begin = 0; begin < text.size();) {
    if (text[begin] == '%') {
      report.add_with_hint<Message::directive>(where_at(source, begin, word_length(source, begin)),
                                               "remove it");
      return false;
    }
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) break;
    begin = end + 1;
  }
  return true;
}

}  // namespace weir::config
