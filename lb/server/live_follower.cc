#include "lb/server/live_follower.h"

#include <fmt/format.h>

#include <utility>

#include "lb/admin/reply_text.h"
#include "lb/net/look_up.h"

namespace weir::server {
namespace {

constexpr base::Duration kPause = std::chrono::seconds(1);
constexpr base::Duration kDocumentPatience = std::chrono::seconds(20);  // for the first document of an answer
constexpr std::size_t kMostDocuments = 6;                               // five seconds
constexpr std::size_t kLongestDocument = std::size_t{64} << 20;

bool same_daemon(const admin::LiveDocument& one, const admin::LiveDocument& other) {
  return one.pid == other.pid && one.started == other.started;
}

}  // namespace

LiveFollower::LiveFollower(net::Loop& loop, admin::Call call, std::string admin, Callbacks callbacks)
    : loop_(loop),
      call_(std::move(call)),
      admin_(std::move(admin)),
      callbacks_(std::move(callbacks)),
      again_(loop.timers(), this, [](void* self) { static_cast<LiveFollower*>(self)->begin(); }),
      silence_(loop.timers(), this, [](void* self) { static_cast<LiveFollower*>(self)->on_silence(); }) {}

void LiveFollower::begin() {
  const auto addresses = net::look_up(call_.address);
  if (!addresses) return lose(fmt::format("--admin {}: {}", call_.address, addresses.error()));
  reader_.emplace([this](std::string_view data) { take(data); }, kLongestDocument);
  conversation_ = std::make_unique<admin::Conversation>(
      loop_, call_, [this](std::string_view piece) { reader_->take(piece); },
      [this](std::expected<admin::Reply, std::string> outcome) { end(std::move(outcome)); });
  silence_.set(loop_.now() + kDocumentPatience);
  conversation_->begin((*addresses)[attempts_++ % addresses->size()]);
}

void LiveFollower::take(std::string_view data) {
  silence_.clear();
  auto document = admin::read_live(data);
  if (!document) {
    trouble_ = no_weir(document.error());
    return callbacks_.on_lost();
  }
  if (!documents_.empty() &&
      (!same_daemon(documents_.back(), *document) || documents_.back().clock >= document->clock))
    documents_.clear();
  documents_.push_back(*std::move(document));
  while (documents_.size() > kMostDocuments) documents_.pop_front();
  ever_ = true;
  trouble_.clear();
  callbacks_.on_document();
}

void LiveFollower::on_silence() {
  conversation_.reset();
  lose(ever_ ? fmt::format("weir on {} says nothing", admin_) : no_weir("no document came"));
}

void LiveFollower::end(std::expected<admin::Reply, std::string> outcome) {
  if (!outcome) return lose(std::move(outcome.error()));
  if (outcome->status != 200) return lose(admin::refusal_text(*outcome, admin_));
  lose(ever_ ? fmt::format("weir on {} stops", admin_) : no_weir("the answer ends without a document"));
}

std::string LiveFollower::no_weir(std::string_view why) const {
  return fmt::format("{} does not speak weir's live stream: {}", admin_, why);
}

void LiveFollower::lose(std::string why) {
  silence_.clear();
  trouble_ = std::move(why);
  again_.set(loop_.now() + kPause);
  callbacks_.on_lost();
}

admin::LiveRates LiveFollower::rates(bool last_alone) const {
  const std::size_t last = documents_.size() - 1;
  const std::size_t before = last_alone && last > 0 ? last - 1 : 0;
  return admin::live_rates(documents_[before], documents_[last]);
}

}  // namespace weir::server
