#include "lb/explain/question.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/base/text.h"
#include "lb/explain/lines.h"
#include "lb/http/syntax.h"

namespace weir::explain {
namespace {

std::unexpected<QuestionError> wrong(const char* field, std::string message) {
  return std::unexpected(QuestionError{field, std::move(message)});
}

// What would end the line, or the word, that it stands in.
bool breaks_line(std::string_view text) {
  return text.find_first_of({"\r\n\0", 3}) != std::string_view::npos;
}
bool breaks_word(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c <= 0x20) || c == 0x7f; });
}

std::string target_of(std::string_view behind_authority) {
  const std::string_view target = behind_authority.substr(0, behind_authority.find('#'));
  return target.starts_with('/') ? std::string(target) : "/" + std::string(target);
}

std::expected<void, QuestionError> read_url(std::string_view url, Question& question) {
  const auto not_a_url = [&] {
    return wrong("url",
                 fmt::format("'{}' is not a URL such as http://example.com/path", base::escape(url, kShown)));
  };
  const std::string scheme = base::to_lower(url.substr(0, url.find(':')));
  const bool secure = scheme == "https";
  if ((!secure && scheme != "http") || !url.substr(scheme.size()).starts_with("://") || breaks_word(url)) {
    return not_a_url();
  }
  const std::string_view rest = url.substr(secure ? 8 : 7);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  if (!http::is_authority(rest.substr(0, end))) return not_a_url();
  const http::Authority parts = http::split_authority(rest.substr(0, end));
  question.authority = rest.substr(0, end);
  question.host = base::to_lower(parts.host);
  question.target = target_of(rest.substr(end));
  question.tls = secure;
  question.port = secure ? 443 : 80;
  if (!parts.port.empty())
    question.port = static_cast<std::uint16_t>(base::parse_decimal(parts.port).value_or(0));
  return {};
}

std::expected<void, QuestionError> check_headers(const Asked& asked) {
  for (const auto& [name, value] : asked.headers) {
    if (!http::is_token(name))
      return wrong("headers", fmt::format("'{}' is not the name of a header", base::escape(name, kShown)));
    if (breaks_line(value))
      return wrong("headers", fmt::format("the value of '{}' has a line break or a NUL in it",
                                          base::escape(name, kShown)));
  }
  return {};
}

}  // namespace

std::string Question::bytes() const {
  const bool has_host = std::ranges::any_of(
      asked.headers, [](const auto& field) { return base::equals_ignoring_case(field.first, "host"); });
  std::string bytes = fmt::format("{} {} HTTP/1.1\r\n", asked.method, target);
  if (!has_host) bytes += fmt::format("Host: {}\r\n", authority);
  for (const auto& [name, value] : asked.headers) bytes += fmt::format("{}: {}\r\n", name, value);
  return bytes + "\r\n";
}

std::expected<Question, QuestionError> read_question(const Asked& asked) {
  Question question{.asked = asked, .host = {}, .authority = {}, .target = {}};
  if (auto read = read_url(asked.url, question); !read) return std::unexpected(read.error());
  if (!http::is_token(asked.method))
    return wrong("method", fmt::format("'{}' is not a method", base::escape(asked.method, kShown)));
  if (auto checked = check_headers(asked); !checked) return std::unexpected(checked.error());
  const auto from = base::IpAddress::parse(asked.from);
  if (!from) return wrong("from", fmt::format("'{}' is not an IP address", base::escape(asked.from, kShown)));
  question.from = *from;
  return question;
}

}  // namespace weir::explain
