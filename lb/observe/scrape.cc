#include <utility>

#include "lb/observe/family.h"

namespace weir::observe {
namespace {

// Of one step: some hundred microseconds.
constexpr std::size_t kTargets = 256;

}  // namespace

struct Scrape::Writing {
  Writing(const Totals& totals, const Vocabulary& words, const MetricsFacts& facts, std::size_t folded)
      : buckets(bucket_labels(totals.latency_bounds)), members(members_of(facts.groups)) {
    add_listener_writers(writers, totals, words, buckets);
    add_target_writers(writers, totals, buckets);
    writers.push_back(
        {Family::gauge("weir_metrics_folded_targets",
                       "Targets that count in target=\"other\" of their group and zone, for which "
                       "there is always room: raise admin.max_series to tell them apart."),
         1, [folded](Family& family, std::size_t) { family.add({}, folded); }});
    add_group_writers(writers, facts.groups, members, buckets);
    add_process_writers(writers, facts);
  }

  const BucketLabels buckets;
  const std::vector<Member> members;
  Writers writers;
  std::size_t writer = 0;
  std::size_t thing = 0;
};

Scrape::Scrape(const Registry& registry, MetricsFacts facts)
    : registry_(registry), facts_(std::move(facts)) {}

Scrape::~Scrape() = default;

// Whether there is more.
bool Scrape::gather() {
  if (!std::exchange(gathered_, true)) totals_ = registry_.totals_but_targets();
  if (registry_.add_targets(totals_, kTargets)) return true;
  registry_.add_predecessors(totals_);
  return false;
}

std::optional<std::string> Scrape::next(std::size_t bytes) {
  if (!writing_) {
    if (!gather()) {
      writing_ = std::make_unique<Writing>(totals_, registry_.words(), facts_, registry_.folded_targets());
    }
    return std::string();
  }
  std::string piece;
  while (piece.size() < bytes && writing_->writer < writing_->writers.size()) {
    auto& [family, things, add] = writing_->writers[writing_->writer];
    if (writing_->thing == things) {
      ++writing_->writer;
      writing_->thing = 0;
      continue;
    }
    add(family, writing_->thing++);
    piece += family.text();
    family.text().clear();
  }
  if (piece.empty()) return std::nullopt;
  return piece;
}

}  // namespace weir::observe
