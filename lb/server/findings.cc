#include "lb/server/findings.h"

#include <fmt/format.h>

#include <memory>

#include "lb/base/clock.h"
#include "lb/base/text.h"
#include "lb/explain/routing_tests.h"
#include "lb/net/loop.h"
#include "lb/routing/overlap.h"
#include "lb/routing/shadow.h"
#include "lb/server/cookie_keys.h"

namespace weir::server {
namespace {

using config::Finding;

std::string line_of(const model::Rule& rule) {
  return fmt::format("rule '{}' (line {})", rule.name, rule.place.line);
}

// At a rule, with a note at the one that takes its requests.
Finding at_rule(const model::Listener& listener, std::size_t rule, std::size_t by, std::string id,
                std::string message) {
  return {
      .severity = config::Severity::warning,
      .id = std::move(id),
      .place = listener.rules[rule].place,
      .path = fmt::format("listeners.{}.rules[{}]", listener.name, rule),
      .message = std::move(message),
      .notes = {{listener.rules[by].place, fmt::format("rule '{}' stands here", listener.rules[by].name)}}};
}

std::string sentence(const routing::Overlap& overlap, const model::Rule& by) {
  switch (overlap.kind) {
    case routing::Overlap::Kind::host:
      return fmt::format("the host '{}' never matches: {} takes all of it", overlap.part, line_of(by));
    case routing::Overlap::Kind::path:
      return fmt::format("the path '{}' never matches: {} takes all of it", overlap.part, line_of(by));
    case routing::Overlap::Kind::method: break;
  }
  return fmt::format("gets no {} requests: the wider {} takes them; this rule should stand before it",
                     overlap.part, line_of(by));
}

}  // namespace

config::Diagnostics rule_findings(const config::Loaded& loaded) {
  config::Diagnostics findings;
  for (const model::Listener& listener : loaded.snapshot.listeners) {
    for (const routing::Shadow& shadow : routing::find_shadowed(listener.rules)) {
      const std::string message =
          fmt::format("never matches: {} takes all of it", line_of(listener.rules[shadow.by]));
      findings.push_back(
          diagnostic_of(at_rule(listener, shadow.rule, shadow.by, "rule-never-matches", message), loaded));
    }
    for (const routing::Overlap& overlap : routing::find_overlaps(listener.rules)) {
      findings.push_back(diagnostic_of(at_rule(listener, overlap.rule, overlap.by, "rule-order",
                                               sentence(overlap, listener.rules[overlap.by])),
                                       loaded));
    }
  }
  return findings;
}

config::Diagnostics key_findings(const config::Loaded& loaded) {
  const model::Secrets& secrets = loaded.snapshot.secrets;
  if (secrets.cookie_keys_file.empty() || !is_sticky(loaded.snapshot)) return {};
  const auto keys = present_cookie_keys(loaded.snapshot);
  if (keys) return {};
  return {diagnostic_of({.severity = config::Severity::warning,
                         .id = "cookie-keys",
                         .place = secrets.cookie_keys_file_place,
                         .path = "secrets.cookie_keys_file",
                         .message = base::escape(keys.error()) + ": weir would not start here"},
                        loaded)};
}

config::Diagnostics test_findings(const config::Loaded& loaded) {
  const base::SystemClock clock;
  net::Loop loop(clock);
  config::Diagnostics findings;
  for (const explain::FailedTest& failed :
       explain::run_tests(std::make_shared<const model::Snapshot>(loaded.snapshot), loop)) {
    Finding finding{.severity = config::Severity::error,
                    .id = "routing-test",
                    .place = loaded.snapshot.tests[failed.test].place,
                    .path = fmt::format("tests[{}]", failed.test),
                    .message = failed.message};
    if (!failed.note.empty()) finding.notes.emplace_back(failed.note_place, failed.note);
    findings.push_back(diagnostic_of(finding, loaded));
  }
  return findings;
}

}  // namespace weir::server
