#include "lb/server/top_command.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lb/admin/top_frame.h"
#include "lb/base/text.h"
#include "lb/net/signal.h"
#include "lb/net/watcher.h"
#include "lb/server/live_follower.h"
#include "lb/server/terminal.h"

namespace weir::server {
namespace {

admin::Call live_call() {
  admin::Call call;
  call.path = "/api/v1/live";
  return call;
}

std::string said(const std::string& text) { return base::escape(text, 2000); }

// Prints, where there is no screen: lines of JSON, or the tables.
class Printing {
 public:
  Printing(const TopOptions& options, admin::Call call)
      : options_(options),
        follower_(loop_, std::move(call), options.admin,
                  {.on_document = [this] { print_rates(); }, .on_lost = [this] { on_lost(); }}) {}

  int run() {
    follower_.begin();
    loop_.run();
    return code_;
  }

 private:
  bool once() const { return options_.once || !options_.json; }

  void print_rates() {
    told_.clear();
    if (follower_.documents() < 2) return;
    const admin::LiveRates rates = follower_.rates(true);
    code_ = print("top", options_.json ? admin::live_rates_json(rates) + "\n" : tables(rates));
    if (once() || code_ != 0) loop_.stop();
  }

  static std::string tables(const admin::LiveRates& rates) {
    admin::TopView view;
    view.columns = Terminal::size().columns;
    view.colour = colours_wanted() ? admin::Colour::on : admin::Colour::off;
    std::string text;
    for (const std::string& line : admin::top_frame(rates, view).lines) text += line + "\n";
    return text;
  }

  void on_lost() {
    if (code_ != 0) return;  // the end has been told
    if (told_ != follower_.trouble()) fmt::print(stderr, "weir top: {}\n", said(follower_.trouble()));
    told_ = follower_.trouble();
    if (follower_.ever() && !once()) return;
    code_ = 1;
    loop_.stop();
  }

  const TopOptions& options_;
  const base::SystemClock clock_;
  net::Loop loop_{clock_};
  LiveFollower follower_;
  std::string told_;  // the trouble that was printed last
  int code_ = 0;
};

// Shows a screen, from the first document on.
class Watching {
 public:
  Watching(const TopOptions& options, admin::Call call)
      : follower_(loop_, std::move(call), options.admin,
                  {.on_document = [this] { draw(); }, .on_lost = [this] { on_lost(); }}),
        keys_(loop_, this, [](void* self, int) { static_cast<Watching*>(self)->on_typed(); }) {
    view_.colour = colours_wanted() ? admin::Colour::on : admin::Colour::off;
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
      take(number, [this, number] { end(number == SIGINT ? 0 : 128 + number); });
    }
    take(SIGWINCH, [this] { draw(); });
    take(SIGTSTP, [this] { suspend(); });
  }

  int run() {
    follower_.begin();
    loop_.run();
    terminal_.reset();
    if (!error_.empty()) fmt::print(stderr, "weir top: {}\n", said(error_));
    return code_;
  }

 private:
  void take(int number, std::function<void()> callback) {
    signals_.push_back(std::make_unique<net::Signal>(loop_, number, std::move(callback)));
  }

  void end(int code) {
    code_ = code;
    loop_.stop();
  }

  void draw() {
    if (!follower_.ever()) return;
    if (!terminal_) open();
    const Terminal::Size size = Terminal::size();
    view_.rows = size.rows;
    view_.columns = size.columns;
    view_.notice.clear();
    if (!follower_.trouble().empty()) view_.notice = said(follower_.trouble()) + "; trying again";
    const admin::LiveRates rates = follower_.rates(false);
    const admin::TopFrame frame = admin::top_frame(rates, view_);
    most_scroll_ = frame.most_scroll;
    groups_.clear();
    for (const admin::GroupRates& group : rates.target_groups) groups_.push_back(group.now.name);
    if (!terminal_->show(frame.lines)) end(1);
  }

  void open() {
    terminal_ = std::make_unique<Terminal>();
    if (keys_.watch(STDIN_FILENO)) keys_.set(net::Watcher::kReadable);
  }

  void on_typed() {
    const std::string typed = terminal_->typed();
    keys_.spent(net::Watcher::kReadable);
    if (typed.empty() && keys_.ending()) return end(1);  // there is no terminal any more
    const auto keys = admin::top_keys(typed);
    for (const admin::TopKey key : keys) {
      if (key == admin::TopKey::quit) return end(0);
      view_ = admin::after(std::move(view_), key, groups_, most_scroll_);
    }
    if (!keys.empty()) draw();
  }

  void suspend() {
    if (!terminal_) return void(::raise(SIGSTOP));
    terminal_->suspend();
    draw();
  }

  void on_lost() {
    if (follower_.ever()) return draw();
    if (error_.empty()) error_ = follower_.trouble();
    end(1);
  }

  const base::SystemClock clock_;
  net::Loop loop_{clock_};
  LiveFollower follower_;
  net::Watcher keys_;
  std::vector<std::unique_ptr<net::Signal>> signals_;
  std::unique_ptr<Terminal> terminal_;  // null: there was no document yet
  admin::TopView view_;
  std::vector<std::string> groups_;  // of the last frame
  std::size_t most_scroll_ = 0;      // of it
  std::string error_;
  int code_ = 0;
};

}  // namespace

int top_command(const TopOptions& options) {
  auto call = addressed(live_call(), options);
  if (!call) return print("top", std::unexpected(call.error()));
  if (options.json || options.once || !Terminal::there()) return Printing(options, *std::move(call)).run();
  return Watching(options, *std::move(call)).run();
}

}  // namespace weir::server
