#include "lb/server/upgrade_takeover.h"

#include <fcntl.h>
#include <nlohmann/json.hpp>

#include <utility>

#include "lb/server/upgrade_json.h"

namespace weir::server::upgrade {
namespace {

constexpr base::Duration kMostLooking = std::chrono::seconds(30);
constexpr base::Duration kBetweenLooks = std::chrono::milliseconds(10);

}  // namespace

Takeover::Takeover(net::Loop& loop, net::Fd channel, Outlets outlets)
    : loop_(loop),
      outlets_(std::move(outlets)),
      channel_(loop, std::move(channel),
               {.on_message = [this](net::Message message) { on_message(std::move(message)); },
                .on_closed =
                    [this](const std::string& why) {
                      outlets_.failed(why.empty() ? "the old process has gone" : why);
                    }}),
      timer_(loop.timers(), this, [](void* self) { static_cast<Takeover*>(self)->on_time(); }) {}

void Takeover::start() {
  look_until_ = loop_.now() + kMostLooking;
  timer_.set(loop_.now());
}

void Takeover::on_time() {
  if (!outlets_.looked_at() && loop_.now() < look_until_) return timer_.set(loop_.now() + kBetweenLooks);
  channel_.send(message("ready", nlohmann::json::object()));
}

void Takeover::on_message(net::Message message) {
  const auto taken = reader_.take(std::move(message));
  if (!taken) return outlets_.failed(taken.error());
  if (*taken) complete();
}

void Takeover::complete() {
  if (const auto listens = outlets_.listen(); !listens) return outlets_.failed(listens.error());
  channel_.send(message("serving", nlohmann::json::object()));
  channel_.stop_reading();
  Estate& estate = reader_.estate();
  estate.processes.front().channel = net::Fd(::fcntl(channel_.socket().get(), F_DUPFD_CLOEXEC, 0));
  outlets_.take_over(estate);
}

}  // namespace weir::server::upgrade
