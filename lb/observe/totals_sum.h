#pragma once

#include <string_view>

#include "lb/observe/totals.h"

// How totals of several processes, and of several times, go together. Pure.
namespace weir::observe {

// What a process that has ended leaves: its counters stay; what it had under way is under way no more.
enum class Gauges { count, drop };

void add(HistogramTotal& sum, const HistogramTotal& more);
// Adds `more` to `sum`, key by key. Their bounds are the same, or `sum` has none yet.
void add(Totals& sum, const Totals& more, Gauges gauges);

// The entries of `now` that are not exactly so in `before`.
Totals changes(const Totals& now, const Totals& before);

// Puts all its histograms into buckets of other bounds.
void rebucket(Totals& totals, const LatencyBounds& bounds);

// Puts the entries of `changed` into the places of those with their keys.
void replace(Totals& totals, const Totals& changed);

// A copy of the word that stays for as long as the process lives. The words of other versions of weir are not
// among our constants. Any thread; of too many, the last ones become "other".
std::string_view kept_word(std::string_view word);

}  // namespace weir::observe
