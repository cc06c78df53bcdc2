#include "lb/admin/event_source.h"

#include <fmt/format.h>

#include "lb/admin/group_json.h"

namespace weir::admin {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

}  // namespace

std::string event_frame(const Event& event) {
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", event.number, event.kind,
                     json_text(json_of(event), -1));
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
    to += event_frame(event);
    after_ = event.number;
  }
  return false;
}

}  // namespace weir::admin
