#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lb/health/probe_result.h"

// The last probes of one target, as evidence for whoever asks why it is in or out. A value; copies share the
// texts. Bounded: kMost results of 40 bytes, each with at most kTextBytes of each text; results in a row that
// say the same share one copy of it, so that a target which always answers alike keeps one text, not twenty.
namespace weir::health {

class ProbeHistory {
 public:
  static constexpr std::size_t kMost = 20;
  static constexpr std::size_t kTextBytes = ProbeResult::kBodyShown;

  // Takes the place of the oldest one when kMost are kept.
  void add(const ProbeResult& result);

  std::size_t size() const { return ring_.size(); }
  bool empty() const { return ring_.empty(); }
  // 0 is the oldest.
  ProbeResult operator[](std::size_t index) const;
  // There is at least one.
  ProbeResult newest() const { return (*this)[size() - 1]; }

  // From the oldest to the newest; results are made as they are asked for.
  class Iterator {
   public:
    Iterator(const ProbeHistory& history, std::size_t index) : history_(history), index_(index) {}
    ProbeResult operator*() const { return history_[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const ProbeHistory& history_;
    std::size_t index_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

 private:
  struct Texts {
    std::string detail;
    std::string body_start;
    bool operator==(const Texts&) const = default;
  };
  struct Entry {
    Phase phase;
    ReasonCode reason;
    std::uint16_t status;
    base::Duration took;
    base::WallTime at;
    std::shared_ptr<const Texts> texts;  // null: both are empty
  };

  std::shared_ptr<const Texts> shared(Texts texts) const;

  std::vector<Entry> ring_;
  std::size_t oldest_ = 0;
};

}  // namespace weir::health
