#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lb/explain/dry_run.h"

namespace weir::explain {

// A head as it would be sent, line by line, without the empty one.
using HeadLines = std::vector<std::string>;
HeadLines lines_of(std::string_view head);

// What weir answers itself.
struct AnswerTrace {
  unsigned status = 0;
  std::string why;  // the word of logs and metrics; empty: it is what the rule asks for
  HeadLines head;
  std::string body;
};

AnswerTrace answer_of(const DryRun::Outcome& outcome);

// The value of the first field of this name; empty: there is none.
std::string_view field_of(const HeadLines& head, std::string_view name);

}  // namespace weir::explain
