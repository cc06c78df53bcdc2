#include "lb/trace/sender.h"

#include <algorithm>
#include <utility>

#include "lb/base/log.h"

namespace weir::trace {

using observe::SpanLoss;
using observe::SpanQueue;

Sender::Sender(wire::Context& context, std::shared_ptr<SpanQueue> queue, SenderOptions options)
    : context_(context),
      loop_(context.loop),
      resolver_(context.loop, options.resolvers),
      queue_(std::move(queue)),
      options_(std::move(options)),
      random_(base::Random::from_system()),
      deadline_(context.loop.timers(), this, [](void* self) { static_cast<Sender*>(self)->on_deadline(); }),
      stop_by_(context.loop.timers(), this, [](void* self) { static_cast<Sender*>(self)->end(); }) {}

void Sender::use(Destination destination) {
  if (poster_ && destination_ == destination) return;
  poster_.reset();  // at once: it may have deferred an answer, which nobody waits for any more
  destination_ = std::move(destination);
  poster_ = std::make_unique<Poster>(context_, resolver_, destination_.url, options_.timeout);
  posting_ = false;
  news_ = {};
  tries_ = 0;
  if (batch_.empty()) return rest();
  send();
}

void Sender::on_news() {
  if (batch_.empty()) rest();
}

// Until there is enough to send, or the first has waited long enough.
void Sender::rest() {
  const std::size_t waiting = queue_->waiting();
  if (stopped_ || waiting >= SpanQueue::kBatch) return begin();
  if (waiting == 0) return deadline_.clear();
  if (deadline_.at() == base::kNever) deadline_.set(loop_.now() + options_.interval);
}

void Sender::begin() {
  deadline_.clear();
  if (!poster_) return;
  batch_ = queue_->take();
  tries_ = 0;
  if (!batch_.empty()) return send();
  if (stopped_) end();
}

void Sender::send() {
  deadline_.clear();
  posting_ = true;
  ++tries_;
  poster_->post(observe::otlp_json(destination_.resource, batch_),
                [this](const Answer& answer) { on_answer(answer); });
}

void Sender::on_answer(const Answer& answer) {
  posting_ = false;
  const double jitter = static_cast<double>(random_.next() >> 11) * 0x1p-53;
  const Verdict verdict = judge(answer, tries_, jitter, options_.retry);
  note(answer, verdict.fate);
  switch (verdict.fate) {
    case Fate::delivered: {
      const std::uint64_t sent = observe::count_spans(batch_);
      const std::uint64_t rejected = std::min(sent, rejected_spans(answer.body));
      queue_->count_exported(sent - rejected);
      queue_->count_lost(SpanLoss::rejected, rejected);
      batch_.clear();
      break;
    }
    case Fate::again:
      if (stopped_) return end();
      return deadline_.set(loop_.now() + verdict.wait);
    case Fate::rejected: lose_batch(SpanLoss::rejected); break;
    case Fate::unreachable:
      if (stopped_) return end();
      lose_batch(SpanLoss::unreachable);
      break;
  }
  rest();
}

void Sender::lose_batch(SpanLoss why) {
  queue_->count_lost(why, observe::count_spans(batch_));
  batch_.clear();
}

void Sender::on_deadline() {
  if (batch_.empty()) return begin();
  send();
}

void Sender::stop(base::Duration grace, std::function<void()> stopped) {
  stopped_ = std::move(stopped);
  stop_by_.set(loop_.now() + grace);
  if (batch_.empty()) {
    begin();
  } else if (!posting_) {
    send();
  }
}

void Sender::end() {
  std::uint64_t lost = 0;
  do {
    lost += observe::count_spans(batch_);
    batch_ = queue_->take();
  } while (!batch_.empty());
  queue_->count_lost(SpanLoss::stopping, lost);
  if (lost != 0) base::log::warn("tracing: {} spans were not exported: weir stops", lost);
  deadline_.clear();
  stop_by_.clear();
  if (stopped_) std::exchange(stopped_, nullptr)();
}

// One line when it begins to fail, when it fails for another cause, and when it works again.
void Sender::note(const Answer& answer, Fate fate) {
  const std::string cause = fate == Fate::delivered ? std::string() : cause_of(answer);
  if (!news_.is_news(cause, loop_.now())) return;
  const std::string url = destination_.url.to_string();
  if (cause.empty()) return base::log::info("tracing: {} takes spans again", url);
  base::log::warn("tracing: {} takes no spans: {}; {}", url, cause,
                  fate == Fate::rejected ? "they are dropped" : "what it does not take in time is dropped");
}

}  // namespace weir::trace
