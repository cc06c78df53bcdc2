#include "lb/routing/rule_index.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <tuple>
#include <unordered_map>

#include "lb/routing/matching.h"

namespace weir::routing {
namespace {

using model::Pattern;
using Bucket = RuleIndex::Bucket;

// A rule with more pairs of a host and a path is found by its hosts alone.
constexpr std::size_t kMostPairs = 10'000;

// Where a rule is to be found in a bucket.
struct Place {
  Bucket bucket;
  bool exact;
  std::string_view text;
  Candidate candidate;

  auto key() const { return std::tie(bucket, exact, text); }
  bool operator<(const Place& other) const {
    return std::tuple(key(), candidate) < std::tuple(other.key(), other.candidate);
  }
};

Place place_of(Bucket bucket, const Pattern& path, std::uint32_t rule, bool others) {
  const bool sensitive = path.letters() == Pattern::Case::sensitive;
  if (sensitive && path.exact()) return {bucket, true, *path.exact(), {rule, false, others}};
  if (sensitive && path.prefix()) return {bucket, false, *path.prefix(), {rule, false, others}};
  return {bucket, false, sensitive ? path.literal_prefix() : std::string_view(), {rule, true, others}};
}

}  // namespace

class RuleIndex::Builder {
 public:
  explicit Builder(RuleIndex& index) : index_(index) {}

  void add(const model::Rule& rule, std::uint32_t number) {
    const model::Match& match = rule.match;
    const bool others = has_others(match);
    std::vector<Bucket> buckets;
    for (const Pattern& host : match.hosts) buckets.push_back(bucket_of(host, number));
    if (match.hosts.empty()) buckets.push_back(bucket_of(suffixes_, {}));
    const bool too_many = match.paths.size() > 1 && buckets.size() * match.paths.size() > kMostPairs;
    for (const Bucket bucket : buckets) {
      if (match.paths.empty() || too_many) {
        places_.push_back({bucket, false, {}, {number, too_many, others}});
        continue;
      }
      for (const Pattern& path : match.paths) places_.push_back(place_of(bucket, path, number, others));
    }
  }

  void finish() {
    lay_out_hosts();
    lay_out_paths();
  }

 private:
  using Buckets = std::unordered_map<std::string_view, Bucket>;

  Bucket bucket_of(Buckets& buckets, std::string_view text) {
    const auto [at, made] = buckets.try_emplace(text, static_cast<Bucket>(index_.buckets_.size()));
    if (made) index_.buckets_.emplace_back();
    return at->second;
  }

  Bucket bucket_of(const Pattern& host, std::uint32_t rule) {
    if (host.exact()) return bucket_of(hosts_, *host.exact());
    if (host.suffix()) return bucket_of(suffixes_, *host.suffix());
    const std::size_t known = index_.buckets_.size();
    Buckets& patterns = host.letters() == Pattern::Case::sensitive ? sensitive_ : insensitive_;
    const Bucket bucket = bucket_of(patterns, host.text());
    if (bucket == known) index_.host_patterns_.push_back({&host, bucket, rule});
    return bucket;
  }

  void lay_out_hosts() {
    std::vector<TextTable::Entry> entries;
    for (const auto& [text, bucket] : hosts_) entries.push_back({0, text, bucket});
    index_.hosts_ = TextTable(entries);
    std::vector<PrefixTrie<Reading::backward>::Key> keys;
    for (const auto& [text, bucket] : suffixes_) keys.push_back({text, bucket});
    std::ranges::sort(keys, PrefixTrie<Reading::backward>::is_before,
                      &PrefixTrie<Reading::backward>::Key::text);
    index_.host_root_ = index_.host_suffixes_.add(keys);
  }

  // Takes the places with the key of `at` and puts their candidates, each rule once, into a list.
  std::uint32_t make_list(std::vector<Place>::const_iterator& at) {
    const auto list = static_cast<std::uint32_t>(index_.candidates_.size());
    const auto first = at;
    for (; at != places_.end() && at->key() == first->key(); ++at) {
      const bool again = at != first && std::prev(at)->candidate.rule() == at->candidate.rule();
      if (!again) index_.candidates_.push_back(at->candidate);
    }
    index_.candidates_.back().set_last();
    return list;
  }

  void lay_out_paths() {
    std::ranges::sort(places_, std::less<>());
    std::vector<TextTable::Entry> exact;
    std::vector<PrefixTrie<Reading::forward>::Key> prefixes;
    for (auto at = places_.cbegin(); at != places_.cend();) {
      const Place& place = *at;
      const std::uint32_t list = make_list(at);
      if (place.exact) {
        exact.push_back({place.bucket, place.text, list});
        index_.buckets_[place.bucket].has_exact = true;
      } else {
        prefixes.push_back({place.text, list});
      }
      const bool bucket_ends = at == places_.cend() || at->bucket != place.bucket;
      if (!bucket_ends || prefixes.empty()) continue;
      index_.buckets_[place.bucket].root = index_.prefixes_.add(prefixes);
      prefixes.clear();
    }
    index_.exact_paths_ = TextTable(exact);
  }

  RuleIndex& index_;
  Buckets hosts_;
  Buckets suffixes_;
  Buckets sensitive_;  // other patterns
  Buckets insensitive_;
  std::vector<Place> places_;
};

RuleIndex::RuleIndex(std::span<const model::Rule> rules) {
  if (rules.size() > kMostRules) throw std::length_error("too many rules");
  Builder builder(*this);
  for (std::uint32_t i = 0; i < rules.size(); ++i) builder.add(rules[i], i);
  builder.finish();
}

}  // namespace weir::routing
