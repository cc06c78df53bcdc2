#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <ranges>
#include <span>
#include <string>

#include "lb/observe/span_queue.h"
#include "lb/observe/totals.h"
#include "lb/server/group_snapshot.h"

// What processes of an upgrade tell each other, as JSON. Versions may differ: members that are not known are
// passed over, and those that are missing have a default. Reading throws std::exception at what has another
// kind: the one who takes a message in catches it.
namespace weir::server::upgrade {

constexpr int kVersion = 1;

// As many counts as both have.
void read_counts(const nlohmann::json& json, const char* name, std::span<std::uint64_t> counts);

// A message of this type without entries: {"version": 1, "type": ..., and what `members` has}.
std::string message(std::string_view type, const nlohmann::json& members);

// Puts entries into as many messages of one type as they need: {..., "entries": [...]}. Sends the last of
// them when it is destroyed.
class Pieces {
 public:
  using Send = std::function<void(std::string)>;
  Pieces(std::string_view type, const nlohmann::json& members, Send send);
  ~Pieces();
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  void add(const nlohmann::json& entry);

 private:
  void flush();

  std::string head_;
  Send send_;
  std::string text_;
};

// What the buckets of a message's histograms end at. A weir that does not say has the usual ones.
nlohmann::json bounds_member(const observe::LatencyBounds& bounds);
observe::LatencyBounds read_bounds(const nlohmann::json& message);

// Each entry says of what kind it is, the message what the bounds are. Reading adds the entries of a message
// to `totals` in their order.
void write_totals(const observe::Totals& totals, Pieces& to);
void read_totals(const nlohmann::json& message, observe::Totals& totals);

nlohmann::json to_json(const observe::HistogramTotal& total);
observe::HistogramTotal read_histogram(const nlohmann::json& json);

nlohmann::json to_json(const observe::SpanCounts& counts);
observe::SpanCounts read_spans(const nlohmann::json& json);

nlohmann::json to_json(const std::string& group, const TargetSnapshot& target);
TargetSnapshot read_target(const nlohmann::json& json);
// With some of its members.
using MemberPiece = std::ranges::subrange<DnsMembership::Members::const_iterator>;
nlohmann::json to_json(const std::string& group, const NameSnapshot& name, const MemberPiece& members);
NameSnapshot read_name(const nlohmann::json& json);
// Without its targets and its names.
nlohmann::json to_json(const GroupSnapshot& group);
GroupSnapshot read_group(const nlohmann::json& json);

nlohmann::json to_json(const admin::ZoneShift& shift);
admin::ZoneShift read_shift(const nlohmann::json& json);

}  // namespace weir::server::upgrade
