#include "lb/admin/client.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "lb/admin/conversation.h"
#include "lb/net/look_up.h"

namespace weir::admin {
namespace {

// Waits for one conversation, on a loop of its own.
class Waiting {
 public:
  Waiting(const Call& call, Conversation::Each each)
      : call_(call),
        endless_(each != nullptr),
        conversation_(loop_, call, std::move(each), [this](auto outcome) {
          outcome_ = std::move(outcome);
          loop_.stop();
        }) {}

  std::expected<Reply, std::string> with(const base::SocketAddress& address) {
    net::Deadline give_up(loop_.timers(), &loop_, [](void* loop) { static_cast<net::Loop*>(loop)->stop(); });
    if (!endless_) give_up.set(clock_.now() + call_.timeout);
    conversation_.begin(address);
    loop_.run();
    if (!outcome_) return std::unexpected(fmt::format("{} does not answer", call_.address));
    return *std::move(outcome_);
  }

  bool sent() const { return conversation_.sent(); }

 private:
  const Call& call_;
  const bool endless_;
  const base::SystemClock clock_;
  net::Loop loop_{clock_};
  std::optional<std::expected<Reply, std::string>> outcome_;
  Conversation conversation_;
};

std::expected<Reply, std::string> converse(const Call& call, const Conversation::Each& each) {
  const auto addresses = net::look_up(call.address);
  if (!addresses) return std::unexpected(fmt::format("--admin {}: {}", call.address, addresses.error()));
  std::expected<Reply, std::string> reply = std::unexpected("no address");
  for (const base::SocketAddress& address : *addresses) {
    Waiting waiting(call, each);
    reply = waiting.with(address);
    if (reply || waiting.sent()) break;
  }
  return reply;
}

}  // namespace

std::expected<Reply, std::string> call(const Call& call) { return converse(call, nullptr); }

std::expected<Reply, std::string> follow(const Call& call,
                                         const std::function<void(std::string_view)>& each) {
  return converse(call, each);
}

}  // namespace weir::admin
