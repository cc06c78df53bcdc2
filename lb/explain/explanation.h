#pragma once

#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lb/explain/answer_trace.h"
#include "lb/explain/approach_trace.h"
#include "lb/explain/certificate_trace.h"
#include "lb/explain/dry_run.h"
#include "lb/explain/group_trace.h"
#include "lb/explain/listener_choice.h"
#include "lb/explain/question.h"
#include "lb/explain/rule_trace.h"
#include "lb/explain/sticky_trace.h"

namespace weir::explain {

// What is sent to the target.
struct SentTrace {
  std::string target_group;
  std::string target;  // its id
  std::string address;
  ApproachTrace approach;
  HeadLines head;
};

// A part of a request before and after a rule's rewrite.
struct RewriteTrace {
  std::string part;  // host, path
  std::string from;
  std::string to;
};

struct Explanation {
  std::string origin;
  bool live = false;
  Asked asked;
  std::string listener;
  std::string listener_why;
  std::optional<TlsTrace> tls;      // absent: the client does not speak TLS with it, or nobody knows
  std::string client;               // its address, as rules see it
  std::string sources;              // allowed, denied; off: the listener has none
  std::string host;                 // as rules see it
  std::string path;                 // as rules see it
  std::vector<RuleTrace> rules;     // in order, up to the one that matches; empty: refused before
  std::size_t rules_behind = 0;     // that were not asked
  std::optional<std::string> rule;  // "default" is the default action; absent: refused before
  std::string action;               // forward, redirect, respond; empty: refused before
  std::vector<RewriteTrace> rewrites;
  std::vector<StickyTrace> sticky;
  std::vector<GroupTrace> groups;  // of a forward
  std::optional<SentTrace> sent;
  std::optional<AnswerTrace> answer;  // neither: it waits, for a target below its max_requests
  std::vector<std::string> notes;
};

// Takes as long as building the listener's rules does; changes nothing of the world. Nobody else uses `loop`,
// which need not run.
std::expected<Explanation, QuestionError> explain(const World& world, const Asked& asked, net::Loop& loop);

}  // namespace weir::explain
