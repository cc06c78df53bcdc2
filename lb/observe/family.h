#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/observe/metrics.h"
#include "lb/observe/totals.h"

// Totals as the text format of Prometheus (version 0.0.4), written by ourselves: with thousands of targets a
// library that makes objects of every sample first takes several times as long. Only for the files that make
// families.
namespace weir::observe {

using Labels = std::initializer_list<std::pair<const char*, std::string_view>>;

// What ends the text of a bucket's labels, up to its number.
using BucketLabels = std::vector<std::string>;
BucketLabels bucket_labels(const LatencyBounds& bounds);

// One family of series of one name. A family without a series leaves no text.
class Family {
 public:
  static Family counter(const char* name, const char* help) { return {"counter", name, help}; }
  static Family gauge(const char* name, const char* help) { return {"gauge", name, help}; }
  // `buckets` outlive it.
  static Family histogram(const char* name, const char* help, const BucketLabels& buckets) {
    Family family("histogram", name, help);
    family.buckets_ = &buckets;
    return family;
  }

  template <std::integral Number>
  void add(Labels labels, Number number) {
    begin(labels);
    const fmt::format_int digits(number);
    end({digits.data(), digits.size()});
  }
  void add(Labels labels, double number);
  void add(Labels labels, const HistogramTotal& total);

  // What was added since the last call.
  std::string& text() { return text_; }

 private:
  Family(const char* type, const char* name, const char* help);
  void begin();
  void begin(Labels labels);
  void end(std::string_view number);

  const char* type_;
  const char* name_;
  const char* help_;
  const BucketLabels* buckets_ = nullptr;  // of a histogram
  bool begun_ = false;
  std::string text_;
};

// What a family says of each of a number of things, one after the other.
struct Writer {
  Family family;
  std::size_t things = 1;
  std::function<void(Family& family, std::size_t thing)> add;
};
using Writers = std::vector<Writer>;

// Of each element of a list.
template <class List, class Add>
Writer writer_of(Family family, const List& list, Add add) {
  return {std::move(family), list.size(),
          [&list, add = std::move(add)](Family& to, std::size_t thing) { add(to, list[thing]); }};
}

// Calls `each(key, count)` for the keys that are written from the start, be it with 0, then for what else was
// counted.
template <class Keys, class Total, class Key, class Each>
void each_from_start(const Keys& from_start, const std::vector<Total>& counted, Key Total::* key,
                     Each&& each) {
  for (const Key one : from_start) {
    const auto found = std::ranges::find(counted, one, key);
    each(one, found == counted.end() ? 0 : found->count);
  }
  for (const Total& one : counted) {
    if (std::ranges::find(from_start, one.*key) == std::ranges::end(from_start)) each(one.*key, one.count);
  }
}

// A target of a group.
struct Member {
  const GroupFact* group;
  const TargetFact* target;
};
std::vector<Member> members_of(const GroupFacts& facts);

// They refer to the values that they are made of.
void add_listener_writers(Writers& writers, const Totals& totals, const Vocabulary& words,
                          const BucketLabels& buckets);
void add_target_writers(Writers& writers, const Totals& totals, const BucketLabels& buckets);
void add_group_writers(Writers& writers, const GroupFacts& facts, const std::vector<Member>& members,
                       const BucketLabels& buckets);
void add_process_writers(Writers& writers, const MetricsFacts& facts);

}  // namespace weir::observe
