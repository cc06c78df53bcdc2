#pragma once

#include <string>

#include "lb/explain/explanation.h"

namespace weir::explain {

// The document of POST /api/v1/explain and of `weir explain --json`. Members are added, never taken away or
// given another meaning; those without a value are null. Bytes that are not UTF-8 become U+FFFD.
//
//   origin, live       what was asked: a file, or the running weir
//   question           url, method, headers (pairs), from
//   listener           name, why
//   client             address as rules see it (null: refused as malformed), sources: allowed, denied, off
//   request            host, path as rules see them; null: refused as malformed
//   rules              in order: name, file, line, matches, failed (condition, name, seen, wanted)
//   rules_behind       how many rules were not asked
//   rule, action       "default" and forward, redirect, respond; null: refused before any rule was asked
//   rewrites           part (host, path), from, to
//   sticky             kind, cookie, scope, outcome, reason, age_seconds, ttl_seconds, target_group, target,
//   zone target_groups      name, weight, chosen, algorithm, score, cross_zone, own_zone, fail_open, targets:
//   id,
//                      address, zone, state, reason, detail, until, weight, effective_weight, part,
//                      in_flight, max_requests, score, excluded (reason, detail), picked
//   sent               target_group, target, address, head (lines); null: nothing
//   answer             status, why, head (lines), body; null: weir does not answer
//   notes              sentences
std::string to_json(const Explanation& explanation);

}  // namespace weir::explain
