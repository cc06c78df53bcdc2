#include "lb/admin/event_source.h"

#include <fmt/format.h>

#include "lb/admin/group_json.h"
#include "lb/base/text.h"

namespace weir::admin {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

}  // namespace

std::uint64_t event_run(const State& state) {
  const auto started = std::chrono::floor<std::chrono::milliseconds>(state.started);
  return static_cast<std::uint64_t>(started.time_since_epoch().count());
}

std::string event_frame(const Event& event, std::uint64_t run) {
  return fmt::format("id: {}-{}\nevent: {}\ndata: {}\n\n", run, event.number, event.kind,
                     json_text(json_of(event), -1));
}

std::optional<std::uint64_t> behind_event(std::string_view id, std::uint64_t run, std::uint64_t newest) {
  const std::size_t dash = id.find('-');
  const bool has_run = dash != std::string_view::npos;
  const auto its_run = has_run ? base::parse_decimal(id.substr(0, dash)) : run;
  const auto number = base::parse_decimal(has_run ? id.substr(dash + 1) : id);
  if (!its_run || !number) return std::nullopt;
  return *its_run == run && *number <= newest ? *number : 0;
}

std::optional<std::string> EventSource::next(base::Instant now) {
  std::string piece;
  if (!begun_) piece = "retry: 1000\n\n";
  begun_ = true;
  const bool more = add_events(piece);
  if (piece.empty() && state_.phase == Phase::stopping) return std::nullopt;
  if (piece.empty() && now >= due_) piece = ": nothing new\n\n";
  const bool again = more || state_.phase == Phase::stopping;
  if (!piece.empty()) due_ = again ? now : now + kHeartbeat;
  return piece;
}

// Whether there are more than fit.
bool EventSource::add_events(std::string& to) {
  for (const Event& event : state_.operations->events(after_)) {
    if (to.size() >= kPiece) return true;
    to += event_frame(event, run_);
    after_ = event.number;
  }
  return false;
}

}  // namespace weir::admin
