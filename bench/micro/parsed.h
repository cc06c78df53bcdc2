#pragma once

#include <stdexcept>
#include <string_view>

#include "lb/http/parser.h"

namespace weir::bench::micro {

// Takes one whole message. False: it is none.
template <class Parser>
bool parse_whole(Parser& parser, std::string_view input) {
  for (;;) {
    const http::Step step = parser.next(input);
    input.remove_prefix(step.consumed);
    switch (step.kind) {
      case http::Step::Kind::end: return input.empty();
      case http::Step::Kind::need_more:
      case http::Step::Kind::failed: return false;
      default: break;
    }
  }
}

// The head of a message that is known to be right.
template <class Parser>
auto head_of(std::string_view message) {
  Parser parser{http::ParserLimits{}};
  if (!parse_whole(parser, message)) throw std::logic_error("a benchmark's message is none");
  return std::move(parser.head());
}

}  // namespace weir::bench::micro
