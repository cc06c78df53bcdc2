#include "lb/server/demo_users.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "lb/net/mailbox.h"
#include "lb/net/signal.h"
#include "lb/net/tcp_stream.h"
#include "lb/wire/http1_client.h"

namespace weir::server {
namespace {

using std::chrono::milliseconds;

constexpr int kUsers = 8;
constexpr int kRequestsPerSecond = 60;
constexpr base::Duration kBetween = base::Duration(std::chrono::seconds(1)) / kRequestsPerSecond;
constexpr base::Duration kPeriod = kUsers * kBetween;  // of one of them
constexpr base::Duration kStart = milliseconds(200);   // the listener is there before
constexpr base::Duration kResponsePatience = std::chrono::seconds(10);
constexpr base::Duration kReportEvery = std::chrono::seconds(10);

// 3600 as "3 600".
std::string grouped(std::uint64_t number) {
  std::string text = fmt::to_string(number);
  for (std::size_t left = text.size(); left > 3;) text.insert(left -= 3, 1, ' ');
  return text;
}

// What the users have in common.
struct Crowd {
  Crowd(net::Loop& its_loop, const base::SocketAddress& its_address)
      : context(its_loop), address(its_address), host(its_address.to_string()) {
    policy.connect = policy.response = policy.idle = kResponsePatience;
  }
  wire::Context context;
  wire::Http1Client::Actives actives;
  wire::ClientPolicy policy;
  const base::SocketAddress address;
  const std::string host;
  Seen seen;
  bool leaving = false;
};

// One user: a request, and the next one when it is time and the answer is there. As any client does, it asks
// once more when a connection that was kept has been closed meanwhile (RFC 9112 9.3.1).
class User final : wire::ClientHandler, wire::ClientOwner {
 public:
  User(Crowd& crowd, base::Duration delay)
      : crowd_(crowd),
        loop_(crowd.context.loop),
        next_(loop_.timers(), this, [](void* self) { static_cast<User*>(self)->on_time(); }) {
    next_.set(loop_.now() + delay);
  }
  User(const User&) = delete;
  User& operator=(const User&) = delete;
  ~User() {
    const wire::Turn::Scope scope(crowd_.context.turn);
    if (connection_) connection_->cancel();
  }

  void leave() {
    next_.clear();
    const wire::Turn::Scope scope(crowd_.context.turn);
    if (connection_ && !asking_) connection_->close();
  }

 private:
  void on_time() {
    if (!repeats_) began_ = loop_.now();
    ask();
  }
  void ask();
  void schedule();

  void on_connected() override {}
  void on_response_head(http::ResponseHead& head) override { status_ = head.status; }
  void on_body(std::string_view) override {}
  void on_end(const http::FieldList& trailers) override;
  void on_target_failed(const wire::Failure& failure) override;
  void on_congested() override {}
  void on_drained() override {}
  void on_incoming_ready() override {}
  void on_outgoing_ready() override {}

  void on_idle(wire::Http1Client&) override;
  void on_closed(wire::Http1Client& connection) override;

  Crowd& crowd_;
  net::Loop& loop_;
  net::Deadline next_;
  std::unique_ptr<wire::Http1Client> connection_;
  base::Instant began_{};
  unsigned status_ = 0;
  bool asking_ = false;
  bool repeats_ = false;
};

void User::ask() {
  if (!connection_) {
    auto stream = net::TcpStream::connect(loop_, crowd_.address);
    if (!stream) {
      ++crowd_.seen.errors;
      repeats_ = false;
      return schedule();
    }
    wire::ClientOwner& owner = *this;
    connection_ = std::make_unique<wire::Http1Client>(crowd_.context, crowd_.actives, *std::move(stream),
                                                      true, crowd_.policy, owner);
  }
  const wire::Turn::Scope scope(crowd_.context.turn);
  asking_ = true;
  http::OutgoingRequest head;
  head.fields.add(http::FieldId::host, "Host", crowd_.host);
  head.fields.add(http::FieldId::user_agent, "User-Agent", "weir-demo-user");
  connection_->begin(*this);
  connection_->send_head(head);
  connection_->finish({});
}

void User::on_end(const http::FieldList&) {
  asking_ = repeats_ = false;
  if (status_ == 200) {
    ++crowd_.seen.answered;
    crowd_.seen.slowest = std::max(crowd_.seen.slowest, loop_.now() - began_);
  } else {
    ++crowd_.seen.errors;
  }
  connection_->release();
}

// on_closed() follows.
void User::on_target_failed(const wire::Failure&) {
  asking_ = false;
  const bool stale = connection_->reused() && !connection_->response_begun();
  repeats_ = stale && !std::exchange(repeats_, false);
  if (!repeats_ && !crowd_.leaving) ++crowd_.seen.errors;
}

void User::on_idle(wire::Http1Client&) {
  if (crowd_.leaving) return connection_->close();
  schedule();
}

void User::on_closed(wire::Http1Client&) {
  loop_.reap(std::move(connection_));
  schedule();
}

void User::schedule() {
  if (crowd_.leaving) return;
  next_.set(repeats_ ? loop_.now() : std::max(loop_.now(), began_ + kPeriod));
}

// As nohup has SIGHUP, and then the daemon too.
bool is_ignored(int number) {
  struct sigaction now{};
  ::sigaction(number, nullptr, &now);
  return now.sa_handler == SIG_IGN;
}

}  // namespace

std::string to_text(const Seen& seen) {
  const double slowest = std::chrono::duration<double, std::milli>(seen.slowest).count();
  return fmt::format("users: {} requests, {} error{}, slowest {:.{}f} ms",
                     grouped(seen.answered + seen.errors), grouped(seen.errors), seen.errors == 1 ? "" : "s",
                     slowest, slowest < 10 ? 1 : 0);
}

struct DemoUsers::State {
  State(const base::Clock& clock, const base::SocketAddress& at)
      : loop(clock),
        mailbox(loop),
        crowd(loop, at),
        report(loop.timers(), this, [](void* self) { static_cast<State*>(self)->tell(); }) {
    for (int i = 0; i < kUsers; ++i) users.push_back(std::make_unique<User>(crowd, kStart + i * kBetween));
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
      if (is_ignored(number)) continue;
      signals.push_back(std::make_unique<net::Signal>(loop, number, [this] { leave(); }));
    }
    report.set(loop.now() + kReportEvery);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    users.clear();
    signals.clear();
    loop.settle();
  }

  void leave() {
    crowd.leaving = true;
    report.clear();
    for (const auto& user : users) user->leave();
  }
  void tell() {
    fmt::print("{}\n", to_text(crowd.seen));
    std::fflush(stdout);
    report.set(loop.now() + kReportEvery);
  }

  net::Loop loop;
  net::Mailbox mailbox;
  Crowd crowd;
  std::vector<std::unique_ptr<User>> users;
  std::vector<std::unique_ptr<net::Signal>> signals;
  net::Deadline report;
};

DemoUsers::DemoUsers(const base::Clock& clock, const base::SocketAddress& at)
    : state_(std::make_unique<State>(clock, at)) {
  thread_ = std::thread([this] {
    net::block_signals();
    state_->loop.run();
  });
}

DemoUsers::~DemoUsers() { stop(); }

Seen DemoUsers::stop() {
  if (thread_.joinable()) {
    state_->mailbox.post([this] {
      state_->leave();
      state_->loop.stop();
    });
    thread_.join();
  }
  return state_->crowd.seen;
}

}  // namespace weir::server
