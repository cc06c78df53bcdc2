#include "config/keys/watch.h"

#include "config/keys/texts.h"
#include "config/keys/units.h"

namespace weir::config {
namespace {

using namespace std::chrono_literals;
using model::Watch;

constexpr const char* kExpectedWatch = "auto, off or poll and an interval, as in 'poll 2s'";
constexpr std::string_view kPoll = "poll ";
constexpr model::Milliseconds kLeastInterval = 100ms;
constexpr model::Milliseconds kMostInterval = 1h;

std::optional<Watch> read_poll(const Value& value, const std::string& text) {
  const std::string_view interval = std::string_view(text).substr(kPoll.size());
  const auto parsed = parse_duration(interval);
  if (parsed && *parsed >= kLeastInterval && *parsed <= kMostInterval)
    return Watch{.mode = Watch::Mode::poll, .interval = *parsed};
  if (parsed || parsed.error() == UnitError::too_large) {
    value.report().add<Message::duration_range>(
        value.where(), shown(interval), format_duration(kLeastInterval), format_duration(kMostInterval));
  } else if (parsed.error() == UnitError::precision) {
    value.report().add<Message::duration_precision>(value.where(), shown(interval), "millisecond");
  } else {
    const bool number = parsed.error() == UnitError::no_unit;
    value.report().add_with_hint<Message::not_one_of>(
        value.where(), number ? fmt::format("did you mean '{}s'?", shown(text)) : "", kExpectedWatch,
        shown(text));
  }
  return std::nullopt;
}

std::optional<Watch> read_watch(const Value& value) {
  if (is_off(value)) return Watch{.mode = Watch::Mode::off};
  const auto text = value.text(kExpectedWatch);
  if (!text) return std::nullopt;
  if (*text == "auto") return Watch();
  if (text->starts_with(kPoll)) return read_poll(value, *text);
  value.report().add_with_hint<Message::not_one_of>(
      value.where(), *text == "poll" ? "did you mean 'poll 2s'?" : "", kExpectedWatch, shown(*text));
  return std::nullopt;
}

Json write_watch(const Watch& watch) {
  switch (watch.mode) {
    case Watch::Mode::automatic: return "auto";
    case Watch::Mode::poll: return std::string(kPoll) + format_duration(watch.interval);
    case Watch::Mode::off: break;
  }
  return "off";
}

}  // namespace

Codec<Watch> watch() {
  return {
      .expected = kExpectedWatch,
      .read = read_watch,
      .write = write_watch,
      .schema = either_schema(off_schema(), pattern_schema("^(auto|poll [0-9]+(\\.[0-9]+)?(ms|s|m|h|d))$"))};
}

}  // namespace weir::config
