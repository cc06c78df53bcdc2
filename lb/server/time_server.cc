#include "lb/server/time_server.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "lb/net/acceptor.h"
#include "lb/net/listen.h"
#include "lb/net/mailbox.h"
#include "lb/net/signal.h"
#include "lb/net/tcp_stream.h"
#include "lb/server/demo_faults.h"
#include "lb/wire/http1_server.h"

namespace weir::server {
namespace {

class TimeServer;

constexpr base::Duration kAcceptPause = std::chrono::milliseconds(100);
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kPage = "text/html; charset=utf-8";

// One connection; answers each request when it is complete, or drops it, in a zone that is broken.
class TimeConnection final : public wire::Http1Server, public wire::ServerHandler {
 public:
  TimeConnection(TimeServer& server, std::unique_ptr<net::ByteStream> stream);

  // Of the request under way.
  http::Method method = http::Method::get;
  std::string target;

 private:
  void on_body(std::string_view) override {}
  void on_end(const http::FieldList&) override;
  void on_request_failed(const wire::Failure& failure) override { answer(wire::status(failure), kText, ""); }
  void on_client_failed(const wire::Failure&) override {}
  void on_response_sent() override {}
  void on_congested() override {}
  void on_drained() override {}
  void on_incoming_ready() override {}
  void on_outgoing_ready() override {}
  void answer(std::uint16_t status, std::string_view type, std::string body);

  TimeServer& server_;
  std::string body_;
};

class TimeServer final : net::Acceptor::Handler, public wire::ServerOwner {
 public:
  TimeServer(wire::Context& its_context, wire::Http1Server::Actives& its_actives, DemoFaults& its_faults,
             net::Fd socket, const TimeServers::Server& its_who)
      : context(its_context),
        actives(its_actives),
        faults(its_faults),
        who(its_who),
        acceptor_(its_context.loop, std::move(socket), false, *this),
        accept_again_(its_context.loop.timers(), &acceptor_,
                      [](void* acceptor) { static_cast<net::Acceptor*>(acceptor)->resume(); }) {
    policy.idle = std::chrono::minutes(5);
  }
  TimeServer(const TimeServer&) = delete;
  TimeServer& operator=(const TimeServer&) = delete;
  ~TimeServer() {
    while (!connections_.empty()) connections_.back()->abort();
  }

  std::string text() const {
    const auto wall = std::chrono::floor<std::chrono::seconds>(context.loop.clock().wall());
    return fmt::format("It is {:%H:%M:%S} UTC, says {} in zone {}.\n",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(wall)), who.name, who.zone);
  }

  wire::Context& context;
  wire::Http1Server::Actives& actives;
  DemoFaults& faults;
  wire::ServerPolicy policy;
  const TimeServers::Server& who;

 private:
  void on_accept(net::Acceptor&, net::Fd socket, const sockaddr_storage&, socklen_t) override {
    auto stream = net::TcpStream::adopt(context.loop, std::move(socket));
    if (stream) connections_.push_back(std::make_unique<TimeConnection>(*this, std::move(*stream)));
  }
  void on_accept_failed(net::Acceptor&, int) override {
    accept_again_.set(context.loop.now() + kAcceptPause);
  }
  wire::ServerHandler& on_request(wire::Http1Server& connection, http::RequestHead& head) override {
    auto& mine = static_cast<TimeConnection&>(connection);
    mine.method = head.method;
    mine.target = head.target();
    return mine;
  }
  wire::ServerHandler& on_refused(wire::Http1Server& connection, http::RequestHead&,
                                  const wire::Failure& failure) override {
    auto& mine = static_cast<TimeConnection&>(connection);
    static_cast<wire::ServerHandler&>(mine).on_request_failed(failure);
    return mine;
  }
  void on_closed(wire::Http1Server& connection) override {
    const auto found =
        std::ranges::find_if(connections_, [&](const auto& mine) { return mine.get() == &connection; });
    context.loop.reap(std::move(*found));
    connections_.erase(found);
  }

  net::Acceptor acceptor_;
  net::Deadline accept_again_;
  std::vector<std::unique_ptr<TimeConnection>> connections_;
};

TimeConnection::TimeConnection(TimeServer& server, std::unique_ptr<net::ByteStream> stream)
    : Http1Server(server.context, server.actives, std::move(stream), server.policy, server),
      server_(server) {}

void TimeConnection::on_end(const http::FieldList&) {
  const base::Instant now = server_.context.loop.now();
  // Whichever clock is asked: where all zones are broken they can still be mended.
  if (auto page = server_.faults.act(method, target, now)) {
    return answer(page->status, kPage, std::move(page->html));
  }
  if (server_.faults.is_broken(server_.who.zone, now)) return cancel();
  answer(200, kText, server_.text());
}

void TimeConnection::answer(std::uint16_t status, std::string_view type, std::string body) {
  body_ = std::move(body);
  http::OutgoingResponse head;
  head.status = status;
  if (!body_.empty()) head.body = {http::Body::Kind::length, body_.size()};
  head.fields.add("Content-Type", type);
  head.fields.add("Cache-Control", "no-store");
  head.fields.add("X-Served-By", server_.who.name);
  head.fields.add("X-Zone", server_.who.zone);
  send_head(head);
  if (method != http::Method::head) send_body(body_);
  finish({});
}

std::vector<std::string> zones_of(const std::vector<TimeServers::Server>& servers) {
  std::vector<std::string> zones;
  for (const TimeServers::Server& server : servers) zones.push_back(server.zone);
  return zones;
}

}  // namespace

struct TimeServers::State {
  State(const base::Clock& clock, const std::vector<std::string>& zones)
      : loop(clock), mailbox(loop), context(loop), faults(zones) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    servers.clear();
    loop.settle();
  }
  net::Loop loop;
  net::Mailbox mailbox;
  wire::Context context;
  wire::Http1Server::Actives actives;
  DemoFaults faults;
  std::vector<std::unique_ptr<TimeServer>> servers;
};

TimeServers::TimeServers(const base::Clock& clock, std::vector<Server> servers)
    : servers_(std::move(servers)), state_(std::make_unique<State>(clock, zones_of(servers_))) {
  for (Server& server : servers_) {
    auto bound = net::listen_on(base::SocketAddress::parse("127.0.0.1:0").value(), 1);
    if (!bound) {
      error_ = bound.error().message;
      return;
    }
    server.address = bound->address;
    state_->servers.push_back(std::make_unique<TimeServer>(state_->context, state_->actives, state_->faults,
                                                           std::move(bound->sockets[0]), server));
  }
  thread_ = std::thread([this] {
    net::block_signals();
    state_->loop.run();
  });
}

void TimeServers::point_to(std::string dashboard) {
  state_->mailbox.post([state = state_.get(), where = std::move(dashboard)]() mutable {
    state->faults.point_to(std::move(where));
  });
}

TimeServers::~TimeServers() {
  if (thread_.joinable()) {
    state_->mailbox.post([this] { state_->loop.stop(); });
    thread_.join();
  }
}

}  // namespace weir::server
