#include "tests/support/proxy.h"

#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "lb/net/tcp_stream.h"
#include "lb/proxy/vocabulary.h"
#include "lb/sticky/key_file.h"

namespace weir::test {
namespace {

constexpr int kSettleTurns = 12;

base::SocketAddress loopback(std::uint16_t port) {
  return base::SocketAddress(*base::IpAddress::parse("127.0.0.1"), port);
}

std::string temporary_file() {
  std::string path = "/tmp/weir-integration-XXXXXX";
  const net::Fd made(::mkstemp(path.data()));
  return path;
}

}  // namespace

// --- targets

ScriptedTarget::ScriptedTarget(Peer::Turn turn, Wire wire, std::uint16_t memory_port)
    : turn_(std::move(turn)), address_(loopback(memory_port)) {
  if (wire == Wire::memory) return;
  auto made = net::listen_on(loopback(0), 1);
  address_ = made->address;
  listening_ = std::move(made->sockets.front());
}

std::unique_ptr<Peer> ScriptedTarget::accept() {
  std::unique_ptr<Peer> peer;
  Peer::run_until(turn_, [&] { return (peer = accept_now()) != nullptr; });
  return peer;
}

std::unique_ptr<Peer> ScriptedTarget::accept_now() {
  if (!made_.empty()) {
    auto pipe = std::move(made_.front());
    made_.pop_front();
    return std::make_unique<MemoryPeer>(turn_, std::move(pipe));
  }
  if (!listening_.valid()) return nullptr;
  net::Fd socket(::accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.valid()) return nullptr;
  return std::make_unique<SocketPeer>(turn_, std::move(socket));
}

void ScriptedTarget::refuse() {
  listening_.reset();
  refusing_ = true;
}

void ScriptedTarget::limit_receive_buffer(int bytes) {
  ::setsockopt(listening_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

std::expected<std::unique_ptr<net::ByteStream>, int> ScriptedTarget::connect_in_memory(net::Loop& loop) {
  if (refusing_) return std::unexpected(ECONNREFUSED);
  auto pipe = std::make_shared<MemoryPipe>();
  pipe->habits = habits;
  made_.push_back(pipe);
  return std::make_unique<MemoryStream>(loop, pipe);
}

// --- the proxy

Proxy::Proxy(const ProxyOptions& options)
    : loop_(clock_), options_(options), registry_(proxy::vocabulary()), limits_(options.max_connections) {
  model::TargetGroup group;
  group.name = "app";
  group.algorithm = model::Algorithm::round_robin;  // one after the other
  for (std::size_t i = 0; i < options.targets; ++i) {
    targets_.push_back(std::make_unique<ScriptedTarget>([this] { turn(); }, options.target_wire,
                                                        static_cast<std::uint16_t>(i + 1)));
    model::Target target;
    target.address = targets_.back()->address();
    target.id = target.address.to_string();
    group.targets.push_back(target);
  }
  snapshot_.target_groups.push_back(group);
  model::Listener listener;
  listener.name = "web";
  listener.default_action = model::ForwardAction{.groups = {{.target_group = "app"}}};
  snapshot_.listeners.push_back(listener);
  if (options.log) {
    log_path_ = temporary_file();
    log_ = *observe::AccessLogWriter::start({.output = log_path_});
  }
}

Proxy::~Proxy() { stop(); }

void Proxy::start() {
  if (engine_) return;
  proxy::EngineSetup setup;
  for (const model::TargetGroup& group : snapshot_.target_groups) {
    views_.push_back(proxy::trusting_view(group, 1));
    setup.groups.push_back({std::make_shared<const proxy::GroupSettings>(group, target_tls),
                            std::make_shared<proxy::GroupShared>(1, group), views_.back()});
  }
  setup.dispose = [this](const std::shared_ptr<const void>& gone) { disposed_ += gone ? 1 : 0; };
  setup.registry = &registry_;
  setup.access = log_.get();
  setup.limits = &limits_;
  setup.keys = sticky::make_keys().value();
  setup.on_failing = [this](const proxy::FailingTarget& target) { failing_.push_back(target); };
  setup.idle_target_connections = options_.idle_target_connections;
  if (options_.target_wire == Wire::memory) {
    setup.connect = [this](net::Loop& loop, const base::SocketAddress& to) {
      return targets_[to.port() - 1u]->connect_in_memory(loop);
    };
  }
  engine_ = std::make_unique<proxy::Engine>(loop_, setup);
  listener_ = make_listener(snapshot_.listeners.front());
  auto made = net::listen_on(loopback(0), 1);
  address_ = made->address;
  listener_->add_socket(std::move(made->sockets.front()), false, address_.port());
}

void Proxy::reload() {
  for (std::size_t i = 0; i < views_.size(); ++i) {
    engine_->set_group({std::make_shared<const proxy::GroupSettings>(snapshot_.target_groups[i], target_tls),
                        nullptr, views_[i]});
  }
  listener_->update(engine_->view_of(settings_of(snapshot_.listeners.front())));
}

std::unique_ptr<proxy::Listener> Proxy::make_listener(const model::Listener& settings) {
  return std::make_unique<proxy::Listener>(*engine_, std::make_shared<proxy::ListenerShared>(),
                                           engine_->view_of(settings_of(settings)));
}

std::shared_ptr<const proxy::ListenerSettings> Proxy::settings_of(const model::Listener& listener) const {
  return std::make_shared<const proxy::ListenerSettings>(
      listener, proxy::NodeNames{snapshot_.process.server_name, "weir-test"}, tls);
}

std::unique_ptr<Peer> Proxy::connect(int receive_buffer) {
  start();
  if (options_.client_wire == Wire::memory) {
    auto pipe = std::make_shared<MemoryPipe>();
    pipe->habits = client_habits;
    listener_->adopt(std::make_unique<MemoryStream>(loop_, pipe), loopback(40000));
    return std::make_unique<MemoryPeer>([this] { turn(); }, pipe);
  }
  net::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer != 0) {
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_storage native;
  const socklen_t length = address_.to_native(native);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&native), length) != 0) return nullptr;
  return std::make_unique<SocketPeer>([this] { turn(); }, std::move(socket));
}

std::unique_ptr<Peer> Proxy::accept() {
  std::unique_ptr<Peer> peer;
  until([&] {
    for (const auto& one : targets_) {
      if (!peer) peer = one->accept_now();
    }
    return peer != nullptr;
  });
  return peer;
}

void Proxy::await_request(std::unique_ptr<Peer>& target) {
  until([&] {
    for (const auto& one : targets_) {
      if (auto fresh = one->accept_now()) target = std::move(fresh);
    }
    return target != nullptr && !target->waiting().empty();
  });
}

void Proxy::turn() { loop_.run_once(base::Duration(0)); }

bool Proxy::until(const Peer::Condition& condition) {
  return Peer::run_until([this] { turn(); }, condition);
}

void Proxy::settle() {
  for (int i = 0; i < kSettleTurns; ++i) turn();
}

void Proxy::advance(base::Duration by) {
  settle();
  expire(by);
  settle();
}

void Proxy::expire(base::Duration by) {
  clock_.advance(by);
  loop_.fire_timers();
}

std::size_t Proxy::wakeups() {
  settle();
  const auto end = std::chrono::steady_clock::now() + milliseconds(20);
  std::size_t count = 0;
  while (std::chrono::steady_clock::now() < end) {
    loop_.run_once(milliseconds(20));
    ++count;
  }
  return count;
}

std::uint64_t Proxy::requests(unsigned status) const {
  return totals().find_listener("web")->count_between(status, status);
}

std::uint64_t Proxy::errors(std::string_view reason) const {
  std::uint64_t count = 0;
  const auto all = totals();
  for (const auto& error : all.find_listener("web")->errors) {
    if (error.word == reason) count += error.count;
  }
  return count;
}

std::vector<std::string> Proxy::stop() {
  listener_.reset();
  if (engine_) engine_->close_idle();
  loop_.settle();
  engine_.reset();
  std::vector<std::string> lines;
  if (!log_) return lines;
  log_.reset();
  std::ifstream file(log_path_);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  ::unlink(log_path_.c_str());
  return lines;
}

std::string log_field(const std::string& line, std::string_view name) {
  const std::string key = '"' + std::string(name) + "\":";
  std::size_t begin = line.find(key);
  if (begin == std::string::npos) return "(none)";
  begin += key.size();
  if (line[begin] != '"') return line.substr(begin, line.find_first_of(",}", begin) - begin);
  return line.substr(begin + 1, line.find('"', begin + 1) - begin - 1);
}

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>('a' + (state >> 24) % 26);
  }
  return bytes;
}

}  // namespace weir::test
