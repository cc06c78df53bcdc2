#include "lb/admin/live_source.h"

namespace weir::admin {

void LiveFeed::make(const State& state, const LiveMoment& at) {
  if (making_ || at.now < due()) return;
  making_ = true;
  const bool begun = run_([facts = live_facts(state, at)] { return live_text(facts); },
                          [this](std::string text, base::Instant now) {
                            frame_ = "event: live\ndata: " + std::move(text) + "\n\n";
                            ++number_;
                            made_ = now;
                            making_ = false;
                          });
  if (begun) return;
  again_ = at.now + kPeriod;
  making_ = false;
}

std::optional<std::string> LiveSource::next(base::Instant now) {
  if (state_.phase == Phase::stopping) return std::nullopt;
  std::string piece = began_ ? "" : "retry: 1000\n\n";
  if (!began_) began_ = now;
  LiveFeed& feed = *state_.live;
  if (now >= due_) {
    due_ = now < feed.due() ? feed.due() : now + LiveFeed::kPeriod;
    feed.make(state_, {now, began_wall_ + (now - *began_)});
  }
  if (feed.number() != taken_ && feed.is_fresh(now)) {
    piece += feed.frame();
    taken_ = feed.number();
    due_ = feed.due();
  }
  return piece;
}

}  // namespace weir::admin
