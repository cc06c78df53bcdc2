#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lb/model/rule.h"
#include "lb/routing/prefix_trie.h"
#include "lb/routing/text_table.h"

namespace weir::routing {

// A rule that may match, and what is left to find out. Rules in a list are in order.
class Candidate {
 public:
  Candidate(std::uint32_t rule, bool asks_path, bool asks_others)
      : bits_(rule << 3 | (asks_path ? kPath : 0) | (asks_others ? kOthers : 0)) {}

  std::uint32_t rule() const { return bits_ >> 3; }
  bool asks_path() const { return (bits_ & kPath) != 0; }
  bool asks_others() const { return (bits_ & kOthers) != 0; }
  bool is_last() const { return (bits_ & kLast) != 0; }
  void set_last() { bits_ |= kLast; }
  auto operator<=>(const Candidate&) const = default;

 private:
  static constexpr std::uint32_t kPath = 1;
  static constexpr std::uint32_t kOthers = 2;
  static constexpr std::uint32_t kLast = 4;
  std::uint32_t bits_;
};

// Rules by host and path. A bucket has the rules of one host pattern: exact hosts are found by hash,
// `*SUFFIX` by a trie, and other patterns have to be tried one by one. In a bucket, exact paths are found by
// hash, all others by a trie of what they begin with. Immutable, any thread; the rules outlive it.
class RuleIndex {
 public:
  using Bucket = std::uint32_t;
  static constexpr std::size_t kMostRules = std::numeric_limits<std::uint32_t>::max() >> 3;

  // A host pattern that is tried, and the first rule that has it. In the order of those rules.
  struct HostPattern {
    const model::Pattern* pattern;
    Bucket bucket;
    std::uint32_t first_rule;
  };

  explicit RuleIndex(std::span<const model::Rule> rules);

  // Calls `each` with the buckets of this host, and of those suffixes of `suffix` that rules have. Of a
  // request both are its host.
  template <class Each>
  void for_each_bucket(std::optional<std::string_view> host, std::string_view suffix, Each&& each) const {
    host_suffixes_.walk(host_root_, suffix, each);
    if (!host) return;
    if (const auto bucket = hosts_.find(0, *host)) each(*bucket);
  }
  std::span<const HostPattern> host_patterns() const { return host_patterns_; }

  // Calls `each` with the first candidate of each list of this path, and of those prefixes of `prefix` that
  // rules have. Of a request both are its path.
  template <class Each>
  void for_each_list(Bucket bucket, std::optional<std::string_view> path, std::string_view prefix,
                     Each&& each) const {
    const Paths& paths = buckets_[bucket];
    if (paths.has_exact && path) {
      if (const auto list = exact_paths_.find(bucket, *path)) each(&candidates_[*list]);
    }
    if (paths.root == kNoRoot) return;
    prefixes_.walk(paths.root, prefix, [&](std::uint32_t list) { each(&candidates_[list]); });
  }

 private:
  static constexpr std::uint32_t kNoRoot = ~std::uint32_t{0};
  struct Paths {
    std::uint32_t root = kNoRoot;
    bool has_exact = false;
  };
  class Builder;

  std::vector<Paths> buckets_;
  std::vector<Candidate> candidates_;
  TextTable hosts_;
  PrefixTrie<Reading::backward> host_suffixes_;
  std::uint32_t host_root_ = 0;
  std::vector<HostPattern> host_patterns_;
  TextTable exact_paths_;  // by bucket
  PrefixTrie<Reading::forward> prefixes_;
};

}  // namespace weir::routing
