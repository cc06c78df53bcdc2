#include "lb/explain/answer_trace.h"

#include <algorithm>

#include "lb/base/text.h"

namespace weir::explain {

HeadLines lines_of(std::string_view head) {
  HeadLines lines;
  head = head.substr(0, head.find("\r\n\r\n"));
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    lines.emplace_back(head.substr(0, end));
    head.remove_prefix(std::min(end + 2, head.size()));
  }
  return lines;
}

AnswerTrace answer_of(const DryRun::Outcome& outcome) {
  const std::string_view bytes = outcome.answered;
  const std::size_t end = bytes.find("\r\n\r\n");
  AnswerTrace answer{.why = std::string(outcome.why), .head = lines_of(bytes), .body = {}};
  if (end != std::string_view::npos) answer.body = bytes.substr(end + 4);
  constexpr std::size_t kStatusAt = sizeof "HTTP/1.1 " - 1;
  if (bytes.size() > kStatusAt)
    answer.status = static_cast<unsigned>(base::parse_decimal(bytes.substr(kStatusAt, 3)).value_or(0));
  return answer;
}

std::string_view field_of(const HeadLines& head, std::string_view name) {
  for (const std::string_view line : head) {
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && base::equals_ignoring_case(line.substr(0, colon), name))
      return base::trim(line.substr(colon + 1));
  }
  return {};
}

}  // namespace weir::explain
