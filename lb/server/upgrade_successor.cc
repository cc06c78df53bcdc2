#include "lb/server/upgrade_successor.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "lb/observe/totals_sum.h"
#include "lb/server/upgrade_json.h"

namespace weir::server::upgrade {
namespace {

using Json = nlohmann::json;

// From the start until it serves.
constexpr base::Duration kUsualPatience = std::chrono::seconds(60);
constexpr const char* kPatienceVariable = "WEIR_UPGRADE_TIMEOUT";  // in seconds
constexpr unsigned kMostPatience = 3600;
// Of these, from the time when nobody asks this process any more.
constexpr base::Duration kTakingOver = std::chrono::seconds(10);
constexpr base::Duration kBetweenReports = std::chrono::seconds(1);
constexpr base::Duration kLastWord = std::chrono::seconds(2);
constexpr base::Duration kExit = std::chrono::milliseconds(500);  // behind the end of the channel
constexpr base::Duration kLook = std::chrono::milliseconds(10);

base::Duration patience() {
  const char* const variable = std::getenv(kPatienceVariable);
  if (variable == nullptr) return kUsualPatience;
  const std::string_view text(variable);
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool good = error == std::errc() && end == text.data() + text.size();
  return good && seconds > 0 && seconds <= kMostPatience ? std::chrono::seconds(seconds) : kUsualPatience;
}

}  // namespace

std::expected<std::unique_ptr<Successor>, std::string> Successor::start(net::Loop& loop,
                                                                        const Program& program,
                                                                        Outlets outlets) {
  auto ends = net::message_pair();
  if (!ends) return std::unexpected(std::string("there is no channel: ") + std::strerror(ends.error()));
  auto started = upgrade::start(program, ends->second);
  if (!started) return std::unexpected(std::move(started.error()));
  return std::unique_ptr<Successor>(
      new Successor(loop, *std::move(started), std::move(ends->first), std::move(outlets)));
}

Successor::Successor(net::Loop& loop, Started started, net::Fd channel, Outlets outlets)
    : loop_(loop),
      outlets_(std::move(outlets)),
      child_(loop, started.pid, std::move(started.handle), [this](const std::string& how) { on_exit(how); }),
      channel_(loop, std::move(channel),
               {.on_message = [this](const net::Message& message) { on_message(message); },
                .on_closed = [this](const std::string& why) { on_closed(why); }}),
      timer_(loop.timers(), this, [](void* self) { static_cast<Successor*>(self)->on_time(); }) {
  timer_.set(loop.now() + patience());
}

void Successor::on_message(const net::Message& message) {
  std::string type;
  try {
    type = Json::parse(message.text).value("type", "");
  } catch (const std::exception&) {
    return fail("it says what makes no sense");
  }
  on_word(type);
}

// What is not known is of another version, and of no importance.
void Successor::on_word(const std::string& type) {
  const auto send = [this](net::Message message) { channel_.send(std::move(message)); };
  if (type == "hello" && phase_ == Phase::starting) {
    phase_ = Phase::preparing;
    if (const auto written = write(outlets_.offer(), send); !written) fail(written.error());
  } else if (type == "ready" && phase_ == Phase::preparing) {
    hand_over();
  } else if (type == "serving" && phase_ == Phase::taking_over) {
    phase_ = Phase::serving;
    timer_.set(loop_.now() + kBetweenReports);
    outlets_.serving();
  } else if (type == "end" && phase_ == Phase::serving) {
    outlets_.end();
  } else if (type == "reopen_logs" && phase_ == Phase::serving) {
    outlets_.reopen_logs();
  }
}

void Successor::hand_over() {
  phase_ = Phase::taking_over;
  timer_.set(std::min(timer_.at(), loop_.now() + kTakingOver));
  Estate estate = outlets_.estate();
  told_ = estate.processes.front().totals;
  write(estate, [this](net::Message message) { channel_.send(std::move(message)); });
}

void Successor::on_closed(const std::string& why) {
  if (phase_ == Phase::serving || phase_ == Phase::failed) return;  // then this process finishes what it has
  closed_why_ = why.empty() ? "it has closed the channel" : why;
  timer_.set(loop_.now() + kExit);
}

void Successor::on_exit(const std::string& how) {
  if (phase_ != Phase::serving) fail(how);
}

void Successor::on_time() {
  if (phase_ != Phase::serving) {
    return fail(closed_why_.empty() ? "it does not serve in time" : closed_why_);
  }
  if (finished_ && (channel_.flushed() || !channel_.open() || loop_.now() >= finish_by_)) {
    return std::exchange(finished_, nullptr)();
  }
  if (!finished_) report();
  timer_.set(loop_.now() + (finished_ ? kLook : kBetweenReports));
}

void Successor::fail(const std::string& why) {
  if (phase_ == Phase::failed) return;
  give_up();
  outlets_.failed(why);
}

void Successor::give_up() {
  if (phase_ == Phase::serving || phase_ == Phase::failed) return;
  phase_ = Phase::failed;
  timer_.clear();
  child_.kill();
}

// Only what has changed.
void Successor::report() {
  if (!channel_.open()) return;
  const OldProcess now = outlets_.counted();
  channel_.send(message("counted", {{"connections", now.connections},
                                    {"access_log_dropped", now.access_log_dropped},
                                    {"spans", to_json(now.spans)}}));
  Pieces pieces("counters", bounds_member(now.totals.latency_bounds),
                [this](std::string text) { channel_.send(std::move(text)); });
  write_totals(observe::changes(now.totals, told_), pieces);
  told_ = now.totals;
}

void Successor::finish(std::function<void()> done) {
  report();
  channel_.send(message("bye", Json::object()));
  finished_ = std::move(done);
  finish_by_ = loop_.now() + kLastWord;
  timer_.set(loop_.now() + kLook);
}

}  // namespace weir::server::upgrade
