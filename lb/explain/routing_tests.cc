#include "lb/explain/routing_tests.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/base/text.h"
#include "lb/explain/answer_trace.h"
#include "lb/explain/lines.h"
#include "lb/explain/listener_choice.h"
#include "lb/explain/read_request.h"
#include "lb/explain/rule_trace.h"
#include "lb/http/client_address.h"

namespace weir::explain {
namespace {

using Failure = std::optional<FailedTest>;

Asked asked_by(const model::RoutingTest& test) {
  Asked asked{.url = test.url, .method = test.method, .headers = test.headers, .listener = test.listener};
  if (test.from) asked.from = test.from->to_string();
  return asked;
}

DryRun::Setup setup_of(std::shared_ptr<const model::Snapshot> snapshot) {
  DryRun::Setup setup{.snapshot = std::move(snapshot), .views = {}, .keys = keys_or_new(nullptr)};
  for (const model::TargetGroup& group : setup.snapshot->target_groups)
    setup.views.push_back(group_of_file(group, setup.snapshot->process.zone).view);
  return setup;
}

std::string line_of(const model::Place& place) {
  return place.line == 0 ? std::string() : fmt::format(" (line {})", place.line);
}

// One test: what happened to its request, and whether that is what was expected.
class Verdict {
 public:
  Verdict(const model::RoutingTest& test, const model::Listener& listener, const Question& question,
          const DryRun::Outcome& outcome)
      : test_(test), listener_(listener), question_(question), outcome_(outcome) {
    if (!outcome.sent && !outcome.waits()) answer_ = answer_of(outcome);
  }

  Failure failure() const {
    if (test_.rule && rule_name() != *test_.rule) return wrong_rule();
    if (test_.target_group && !forwards_to(*test_.target_group))
      return failed(fmt::format("target group '{}'", *test_.target_group));
    if (test_.redirect && location() != *test_.redirect)
      return failed(fmt::format("a redirect to '{}'", base::escape(*test_.redirect, kShown)));
    if (test_.respond && (!answer_ || answer_->status != *test_.respond))
      return failed(fmt::format("an answer {}", *test_.respond));
    return std::nullopt;
  }

 private:
  const model::Rule* rule() const {
    const bool met = outcome_.rule && *outcome_.rule < listener_.rules.size();
    return met ? &listener_.rules[*outcome_.rule] : nullptr;
  }

  // Empty: refused before any rule.
  std::string rule_name() const {
    if (!outcome_.rule) return "";
    return rule() == nullptr ? "default" : rule()->name;
  }

  const model::Action& action() const {
    return rule() == nullptr ? listener_.default_action : rule()->action;
  }

  bool forwards_to(const std::string& group) const {
    if (!outcome_.rule || (answer_ && answer_->why != "no_target")) return false;
    const auto* const forward = std::get_if<model::ForwardAction>(&action());
    return forward != nullptr && std::ranges::any_of(forward->groups, [&](const model::WeightedGroup& one) {
             return one.target_group == group && one.weight != 0;
           });
  }

  std::string location() const {
    if (!answer_ || !answer_->why.empty()) return "";
    return std::string(field_of(answer_->head, "location"));
  }

  std::string what_happened() const {
    if (!outcome_.rule) return fmt::format("weir refuses it with {} ({})", answer_->status, answer_->why);
    std::string who = rule() == nullptr ? "the default action"
                                        : fmt::format("rule '{}'{}", rule()->name, line_of(rule()->place));
    if (answer_ && !answer_->why.empty() && answer_->why != "no_target")
      return fmt::format("{} takes it, and it fails with {} ({})", who, answer_->status, answer_->why);
    if (const std::string to = location(); !to.empty())
      return fmt::format("{} redirects it to '{}'", who, base::escape(to, kShown));
    const auto* const forward = std::get_if<model::ForwardAction>(&action());
    if (forward == nullptr) return fmt::format("{} answers it with {}", who, answer_ ? answer_->status : 0);
    std::string groups;
    for (const model::WeightedGroup& group : forward->groups)
      groups += fmt::format("{}'{}'", groups.empty() ? "" : ", ", group.target_group);
    return fmt::format("{} forwards it to {}", who, groups);
  }

  FailedTest failed(const std::string& expected) const {
    FailedTest failed;
    failed.message = fmt::format("{} {}: expected {}, but {}", question_.asked.method,
                                 base::escape(question_.asked.url, kShown), expected, what_happened());
    return failed;
  }

  Failure wrong_rule() const {
    FailedTest result =
        failed(*test_.rule == "default" ? "the default action" : fmt::format("rule '{}'", *test_.rule));
    const auto wanted = std::ranges::find(listener_.rules, *test_.rule, &model::Rule::name);
    if (wanted != listener_.rules.end()) {
      explain_rule(*wanted, result);
    } else if (*test_.rule == "default") {
      if (rule() != nullptr) set_note(result, rule()->place, "this rule matches first");
    } else {
      set_note(result, listener_.place,
               fmt::format("listener '{}' has no rule of this name", listener_.name));
    }
    return result;
  }

  void explain_rule(const model::Rule& wanted, FailedTest& result) const {
    if (!outcome_.rule) return;
    const std::string bytes = question_.bytes();
    ReadRequest request(listener_, bytes);
    routing::Facts facts(0);
    facts.begin(request.head(),
                http::client_address(question_.from, request.head().fields, listener_.forwarded.trust));
    if (const auto condition = failed_condition(wanted, facts)) {
      set_note(result, wanted.place,
               fmt::format("rule '{}' does not match: {}", wanted.name, to_string(*condition)));
    } else {
      set_note(result, rule()->place,
               fmt::format("rule '{}' would match, but this one stands before it", wanted.name));
    }
  }

  static void set_note(FailedTest& result, const model::Place& place, std::string note) {
    result.note = std::move(note);
    result.note_place = place;
  }

  const model::RoutingTest& test_;
  const model::Listener& listener_;
  const Question& question_;
  const DryRun::Outcome& outcome_;
  std::optional<AnswerTrace> answer_;
};

Failure run(const World& world, DryRun& dry_run, const model::RoutingTest& test) {
  const auto refused = [](const QuestionError& error) {
    FailedTest failed;
    failed.message = fmt::format("{}: {}", error.field, error.message);
    return failed;
  };
  const auto question = read_question(asked_by(test));
  if (!question) return refused(question.error());
  const auto choice = choose_listener(world, *question);
  if (!choice) return refused(choice.error());
  const model::Listener& listener = *choice->listener;
  const DryRun::Outcome outcome =
      dry_run.ask(listener, {question->from, choice->port, question->tls, question->host}, question->bytes());
  return Verdict(test, listener, *question, outcome).failure();
}

}  // namespace

std::vector<FailedTest> run_tests(const std::shared_ptr<const model::Snapshot>& snapshot, net::Loop& loop) {
  std::vector<FailedTest> failures;
  if (snapshot->tests.empty()) return failures;
  const World world = world_of_file(snapshot, "");
  DryRun dry_run(loop, setup_of(snapshot));
  for (std::size_t i = 0; i < snapshot->tests.size(); ++i) {
    if (Failure failure = run(world, dry_run, snapshot->tests[i])) {
      failure->test = i;
      failures.push_back(*std::move(failure));
    }
  }
  return failures;
}

}  // namespace weir::explain
