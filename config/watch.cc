#include "config/watch.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace weir::config {
namespace {

// The clock of file systems is a few milliseconds behind.
constexpr base::Duration kClockSlack = std::chrono::milliseconds(10);

// Perhaps not what a load that began then has read.
bool changed_since(const FileMark& file, base::WallTime time) {
  const base::WallTime changed{std::chrono::nanoseconds(std::max(file.changed, file.modified))};
  return changed >= time - kClockSlack;
}

}  // namespace

Watched watched(const Inputs& inputs, const std::vector<std::string>& secrets) {
  Watched result{.files = inputs.files, .patterns = inputs.patterns};
  result.files.insert(result.files.end(), inputs.extra_files.begin(), inputs.extra_files.end());
  result.files.insert(result.files.end(), secrets.begin(), secrets.end());
  for (auto* const names : {&result.files, &result.patterns}) {
    std::ranges::sort(*names);
    const auto rest = std::ranges::unique(*names);
    names->erase(rest.begin(), rest.end());
  }
  return result;
}

base::Instant ChangeWatch::next_look() const {
  if (loading_) return base::kNever;
  base::Instant at = retry_at_;
  if (poll_) at = std::min(at, last_look_ + *poll_);
  if (hinted_) at = std::min(at, last_look_ + (calm_ ? kCalmGap : kBusyGap));
  if (differs_) at = std::min(at, same_since_ + still_);
  return std::max(at, last_look_ + kBusyGap);
}

ChangeWatch::Advice ChangeWatch::looked(Marks marks, base::Instant now, bool open) {
  hinted_ = false;
  last_look_ = now;
  still_ = open ? kStillOpen : kStill;
  calm_ = marks == seen_;
  if (!calm_) {
    seen_ = std::move(marks);
    same_since_ = now;
    differs_ = seen_ != tried_;
  }
  if (!differs_) {
    changing_since_ = base::kNever;
    return retry_at_ <= now ? begin(true) : Advice::wait;
  }
  if (changing_since_ == base::kNever) {
    changing_since_ = now;
    restless_said_ = false;
  }
  retry_at_ = base::kNever;
  if (now - same_since_ >= still_) return begin(false);
  if (restless_said_ || now - changing_since_ < kLong) return Advice::wait;
  restless_said_ = true;
  return Advice::restless;
}

ChangeWatch::Advice ChangeWatch::begin(bool is_retry) {
  load_begins(seen_);
  retried_ = is_retry;
  return Advice::load;
}

void ChangeWatch::load_begins(Marks marks) {
  loading_ = true;
  retried_ = false;
  tried_ = std::move(marks);
}

void ChangeWatch::loaded(Marks marks, base::WallTime began, base::Instant now) {
  settle(std::move(marks), began, now);
  failing_since_ = base::kNever;
}

ChangeWatch::Failure ChangeWatch::failed(Marks marks, base::WallTime began, base::Instant now) {
  settle(std::move(marks), began, now);
  if (failing_since_ == base::kNever) failing_since_ = now;
  if (retried_ || now - failing_since_ >= kLong) {
    failing_since_ = base::kNever;
    return Failure::report;
  }
  retry_at_ = now + kRetry;
  return Failure::retry;
}

// What the load has read of names that were watched before, the look before it has seen; of new ones, the
// look after it, except for what has changed meanwhile.
void ChangeWatch::settle(Marks marks, base::WallTime began, base::Instant now) {
  std::unordered_map<std::string, std::vector<FileMark>> before;
  for (Mark& mark : tried_) before.emplace(std::move(mark.name), std::move(mark.files));
  tried_ = marks;
  for (Mark& mark : tried_) {
    const auto known = before.find(mark.name);
    if (known != before.end()) {
      mark.files = std::move(known->second);
    } else {
      std::erase_if(mark.files, [&](const FileMark& file) { return changed_since(file, began); });
    }
  }
  loading_ = false;
  calm_ = true;
  last_look_ = same_since_ = now;
  seen_ = std::move(marks);
  differs_ = seen_ != tried_;
  changing_since_ = differs_ ? now : base::kNever;
  restless_said_ = false;
  retry_at_ = base::kNever;
}

}  // namespace weir::config
