#include "config/keys/latency_bounds.h"

#include "config/keys/texts.h"
#include "config/keys/units.h"

namespace weir::config {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr const char* kExpectedBound = "a duration such as 250us, 2.5ms or 1s";
constexpr microseconds kLeastBound = 1us;
constexpr microseconds kMostBound = 1h;

std::optional<microseconds> read_bound(const Value& value) {
  const auto text = value.text(kExpectedBound);
  if (!text) return std::nullopt;
  const auto parsed = parse_short_duration(*text);
  if (parsed && *parsed >= kLeastBound && *parsed <= kMostBound) return *parsed;
  if (parsed || parsed.error() == UnitError::too_large) {
    value.report().add<Message::duration_range>(
        value.where(), shown(*text), format_short_duration(kLeastBound), format_short_duration(kMostBound));
  } else if (parsed.error() == UnitError::precision) {
    value.report().add<Message::duration_precision>(value.where(), shown(*text), "microsecond");
  } else {
    const bool number = parsed.error() == UnitError::no_unit;
    value.report().add_with_hint<Message::not_duration>(
        value.where(), number ? fmt::format("did you mean '{}ms'?", shown(*text)) : "",
        value.expected(kExpectedBound), shown(*text));
  }
  return std::nullopt;
}

std::optional<model::LatencyBounds> read_bounds(const Value& value) {
  const auto items = value.items(std::string(kExpectedBound) + " or a list of them");
  if (!items) return std::nullopt;
  if (items->empty()) {
    value.report().add<Message::empty_list>(value.where());
    return std::nullopt;
  }
  if (items->size() > model::kMostLatencyBounds) {
    value.report().add<Message::bounds_many>(value.where(), items->size(), model::kMostLatencyBounds);
    return std::nullopt;
  }
  model::LatencyBounds bounds;
  for (const Value& item : *items) {
    const auto bound = read_bound(item);
    if (!bound) continue;
    if (!bounds.empty() && *bound <= bounds.back()) {
      item.report().add<Message::bounds_order>(item.where(), format_short_duration(*bound),
                                               format_short_duration(bounds.back()));
    } else {
      bounds.push_back(*bound);
    }
  }
  return bounds;
}

Json write_bounds(const model::LatencyBounds& bounds) {
  Json json = Json::array();
  for (const microseconds bound : bounds) json.push_back(format_short_duration(bound));
  return json;
}

Json schema() {
  const Json bound = pattern_schema("^[0-9]+(\\.[0-9]+)?(us|ms|s|m|h)$");
  return either_schema(bound, {{"type", "array"},
                               {"items", bound},
                               {"minItems", 1},
                               {"maxItems", model::kMostLatencyBounds},
                               {"uniqueItems", true}});
}

}  // namespace

Codec<model::LatencyBounds> latency_bounds() {
  return {.expected = "a list of durations", .read = read_bounds, .write = write_bounds, .schema = schema()};
}

}  // namespace weir::config
