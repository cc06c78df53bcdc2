#include "bench/load/generator.h"

#include <algorithm>

#include "bench/load/http_user.h"
#include "bench/load/web_socket_user.h"
#include "bench/measure/interruption.h"

namespace weir::bench {
namespace {

constexpr base::Duration kInterruptionCheck = std::chrono::milliseconds(100);

wire::ClientPolicy policy_of(const LoadPlan& plan) {
  wire::ClientPolicy policy;
  policy.connect = policy.response = policy.idle = plan.timeout;
  return policy;
}

wire::Http2Policy http2_policy_of(const LoadPlan& plan) {
  wire::Http2Policy policy;
  policy.streams = plan.streams;
  return policy;
}

// A client's frames need a mask, but nobody says that they need different ones.
std::string message_of(const LoadPlan& plan) {
  std::string frame;
  if (plan.urls.front().url.web_socket) {
    websocket::write_frame(frame, {true, websocket::Opcode::binary, plan.body},
                           websocket::MaskKey{5, 120, 33, 240});
  }
  return frame;
}

// The share of this thread of what is divided evenly.
unsigned share(unsigned all, unsigned threads, unsigned index) {
  return all / threads + (index < all % threads ? 1 : 0);
}

}  // namespace

Generator::Generator(const LoadPlan& plan, const Window& window, unsigned index)
    : plan_(plan),
      window_(window),
      crew_{plan,
            context_,
            {context_, plan.address, policy_of(plan), http2_policy_of(plan),
             plan.tls ? std::optional<Security>(std::in_place, plan, loop_) : std::nullopt},
            RequestSource(plan, base::Random::from_system()),
            message_of(plan),
            Recorder(window, plan.pace.has_value())},
      next_(index),
      begin_timer_(loop_, this, [](void* self) { static_cast<Generator*>(self)->begin_users(); }),
      pump_timer_(loop_, this, [](void* self) { static_cast<Generator*>(self)->pump(); }),
      deadline_(loop_.timers(), this, [](void* self) { static_cast<Generator*>(self)->on_deadline(); }) {
  users_.reserve(std::size_t{share(plan.connections, plan.threads, index)} * plan.streams);
}

Generator::~Generator() {
  users_.clear();
  loop_.settle();  // trunks may have something to come
  trunks_.clear();
  loop_.settle();
}

void Generator::run() {
  on_deadline();
  begin_timer_.arm(window_.start);
  loop_.run();
  count_unanswered();
}

void Generator::begin_users() {
  const wire::Turn::Scope scope(context_.turn);
  for (std::size_t i = 0; i < kBeginTogether && users_.size() < users_.capacity(); ++i) {
    users_.push_back(make_user());
    if (plan_.pace) {
      free_.push_back(users_.back().get());
    } else {
      users_.back()->send(clock_.now());
    }
  }
  if (plan_.pace) pump();
  if (users_.size() < users_.capacity()) begin_timer_.arm(clock_.now() + std::chrono::milliseconds(1));
}

std::unique_ptr<User> Generator::make_user() {
  UserOwner& owner = *this;
  if (plan_.urls.front().url.web_socket) return std::make_unique<WebSocketUser>(crew_, owner);
  if (!plan_.http2) return std::make_unique<HttpUser>(crew_, owner, nullptr);
  if (users_.size() % plan_.streams == 0) trunks_.push_back(std::make_unique<Http2Trunk>(crew_.link));
  return std::make_unique<HttpUser>(crew_, owner, trunks_.back().get());
}

void Generator::on_user_free(User& user) {
  if (!plan_.pace) {
    if (!ending_) user.send(clock_.now());
    return;
  }
  const bool awaited = free_.empty();
  free_.push_back(&user);
  if (awaited && next_due() < clock_.now()) crew_.recorder.delayed(next_due());
  pump();
  if (ending_ && all_answered()) loop_.stop();
}

bool Generator::all_answered() const {
  return next_due() >= window_.until && std::ranges::none_of(users_, &User::busy);
}

base::Instant Generator::next_due() const { return window_.start + plan_.pace->due(next_); }

void Generator::pump() {
  const wire::Turn::Scope scope(context_.turn);
  while (!free_.empty()) {
    const base::Instant due = next_due();
    const base::Instant now = clock_.now();
    if (due > now || due >= window_.until) break;
    User& user = *free_.front();
    free_.pop_front();
    next_ += plan_.threads;
    user.send(due);
  }
  wait_for_next();
}

void Generator::wait_for_next() {
  const base::Instant due = next_due();
  if (free_.empty() || due >= window_.until) return;
  if (pump_timer_.at() != due) pump_timer_.arm(due);
}

void Generator::on_deadline() {
  const base::Instant now = clock_.now();
  if (interrupted()) return loop_.stop();
  ending_ = now >= window_.until;
  if (ending_ && (!plan_.pace || now >= window_.until + kPatience || all_answered())) return loop_.stop();
  const base::Instant next = ending_ ? window_.until + kPatience : window_.until;
  deadline_.set(std::min(next, now + kInterruptionCheck));
}

void Generator::count_unanswered() {
  const base::Instant now = clock_.now();
  for (const auto& user : users_) {
    if (user->busy()) crew_.recorder.unanswered(user->due(), now);
  }
  if (!plan_.pace) return;
  for (; next_due() < std::min(window_.until, now); next_ += plan_.threads) {
    crew_.recorder.delayed(next_due());
    crew_.recorder.unanswered(next_due(), now);
  }
}

}  // namespace weir::bench
