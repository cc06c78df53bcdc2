#pragma once

#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lb/admin/conversation.h"
#include "lb/admin/event_text.h"
#include "lb/admin/live_rates.h"
#include "lb/net/timer_wheel.h"

namespace weir::server {

// Follows the live documents of a daemon, and when it goes away, tries again each second. On the thread of
// the loop.
class LiveFollower {
 public:
  struct Callbacks {
    std::function<void()> on_document;
    std::function<void()> on_lost;  // see trouble(); also if there never was a document
  };

  LiveFollower(net::Loop& loop, admin::Call call, std::string admin, Callbacks callbacks);
  ~LiveFollower() = default;
  LiveFollower(const LiveFollower&) = delete;
  LiveFollower& operator=(const LiveFollower&) = delete;

  void begin();

  // How many there are of the same daemon, of the last few seconds.
  std::size_t documents() const { return documents_.size(); }
  bool ever() const { return ever_; }
  // Why there are none at this time; empty: all is well.
  const std::string& trouble() const { return trouble_; }
  // Of the last seconds, or of the last one alone. There is a document.
  admin::LiveRates rates(bool last_alone) const;

 private:
  void take(std::string_view data);
  void on_silence();
  void end(std::expected<admin::Reply, std::string> outcome);
  void lose(std::string why);
  std::string no_weir(std::string_view why) const;

  net::Loop& loop_;
  const admin::Call call_;
  const std::string admin_;  // as the user named it
  const Callbacks callbacks_;
  std::deque<admin::LiveDocument> documents_;  // the newest last
  std::optional<admin::EventReader> reader_;   // anew for each answer
  std::unique_ptr<admin::Conversation> conversation_;
  net::Deadline again_;
  net::Deadline silence_;  // this answer has had no document yet
  std::size_t attempts_ = 0;
  bool ever_ = false;
  std::string trouble_;
};

}  // namespace weir::server
