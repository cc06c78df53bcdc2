#include "lb/admin/live_source.h"

namespace weir::admin {

void LiveFeed::make(const State& state, const LiveMoment& at) {
  if (making_ || (number_ > 0 && at.now < due())) return;
  making_ = true;
  run_([facts = live_facts(state, at)] { return live_text(facts); },
       [this, now = at.now](std::string text) {
         frame_ = "event: live\ndata: " + std::move(text) + "\n\n";
         ++number_;
         made_ = now;
         making_ = false;
       });
}

std::optional<std::string> LiveSource::next(base::Instant now) {
  if (state_.phase == Phase::stopping) return std::nullopt;
  std::string piece = began_ ? "" : "retry: 1000\n\n";
  if (!began_) began_ = now;
  LiveFeed& feed = *state_.live;
  if (now >= feed.due() && now >= due_) {
    due_ = now + LiveFeed::kPeriod;
    feed.make(state_, {now, began_wall_ + (now - *began_)});
  }
  if (feed.number() != taken_ && now < feed.due()) {
    piece += feed.frame();
    taken_ = feed.number();
    due_ = feed.due();
  }
  return piece;
}

}  // namespace weir::admin
