#include "lb/server/daemon.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "config/effective.h"
#include "lb/admin/gate.h"
#include "lb/admin/handler.h"
#include "lb/admin/server.h"
#include "lb/admin/state.h"
#include "lb/admin/token.h"
#include "lb/base/log.h"
#include "lb/explain/explanation_json.h"
#include "lb/proxy/vocabulary.h"
#include "lb/server/build_info.h"
#include "lb/server/cookie_keys.h"
#include "lb/server/descriptors.h"
#include "lb/server/privileges.h"
#include "lb/server/state_directory.h"

namespace weir::server {
namespace {

namespace log = base::log;

constexpr base::Duration kDrainQuiet = std::chrono::seconds(2);
constexpr base::Duration kForgetEvery = std::chrono::minutes(1);
constexpr base::Duration kLongExplanation = std::chrono::milliseconds(100);
constexpr int kExplanationPauses = 4;

// The listening sockets that the descriptor limit has to leave room for.
std::uint64_t socket_count(const model::Snapshot& snapshot, unsigned workers) {
  std::uint64_t binds = 1;
  for (const model::Listener& listener : snapshot.listeners) binds += listener.binds.size();
  return binds * workers;
}

// What is to outlive its terminal has SIGHUP ignored already. A daemon with a file takes it all the same: for
// it the signal is no hang-up.
bool started_by_nohup(const DaemonOptions& options) {
  struct sigaction inherited{};
  ::sigaction(SIGHUP, nullptr, &inherited);
  return options.config_file.empty() && inherited.sa_handler == SIG_IGN;
}

}  // namespace

// The admin API of this daemon.
class Daemon::Admin {
 public:
  Admin(wire::Context& context, net::ListeningSockets sockets, admin::Gate gate, admin::State state)
      : state_(std::move(state)),
        gate_(std::move(gate)),
        server_(context, std::move(sockets), [this, &context](const admin::Request& request) {
          return admin::handle(request, state_, gate_, context.loop.clock().wall());
        }) {}

  void set_phase(admin::Phase phase) {
    state_.phase = phase;
    on_news();
  }
  void on_news() { server_.on_news(); }

 private:
  admin::State state_;
  admin::Gate gate_;
  admin::Server server_;
};

Daemon::Daemon(const base::Clock& clock, DaemonOptions options)
    : clock_(clock),
      options_(std::move(options)),
      loop_(clock),
      dry_loop_(clock),
      context_(loop_),
      mailbox_(loop_),
      registry_(proxy::vocabulary()),
      grace_(loop_.timers(), this, [](void* self) { static_cast<Daemon*>(self)->abort(); }),
      forget_(loop_.timers(), this, [](void* self) { static_cast<Daemon*>(self)->forget_targets(); }) {
  const auto& workers = options_.snapshot->process.workers;
  worker_count_ = workers ? *workers : std::max(1U, std::thread::hardware_concurrency());
}

Daemon::~Daemon() {
  for (const auto& worker : workers_) worker->stop();
  workers_.clear();
  admin_.reset();
  directory_.reset();
  signals_.clear();
  loop_.settle();
}

std::expected<std::unique_ptr<Daemon>, StartError> Daemon::start(const base::Clock& clock,
                                                                 DaemonOptions options) {
  std::unique_ptr<Daemon> daemon(new Daemon(clock, std::move(options)));
  if (auto prepared = daemon->prepare(); !prepared) return std::unexpected(prepared.error());
  daemon->take_signals();
  daemon->start_workers();
  daemon->start_directory();
  return daemon;
}

// Everything that can fail, before anything serves.
std::expected<void, StartError> Daemon::prepare() {
  const model::Snapshot& snapshot = *options_.snapshot;
  log::set_level(snapshot.log.level);
  std::signal(SIGPIPE, SIG_IGN);

  auto bounds = fit_connections(snapshot.process, raise_descriptor_limit(), worker_count_,
                                socket_count(snapshot, worker_count_));
  if (!bounds) return std::unexpected(bounds.error());
  bounds_ = *bounds;
  limits_ = std::make_unique<proxy::ProcessLimits>(bounds_.clients);

  std::string token;
  if (!snapshot.admin.token_file.empty()) {
    auto read = admin::read_token_file(snapshot.admin.token_file);
    if (!read) {
      return std::unexpected(
          StartError{snapshot.admin.token_file_place, "admin.token_file: " + read.error()});
    }
    if (!read->warning.empty()) log::warn("admin.token_file: {}", read->warning);
    token = read->token;
  }

  auto bound = bind_listeners(snapshot, worker_count_);
  if (!bound) return std::unexpected(bound.error());
  listeners_ = std::move(*bound);

  std::optional<net::ListeningSockets> admin_sockets;
  if (snapshot.admin.bind) {
    auto sockets = admin::listen(*snapshot.admin.bind);
    if (!sockets) {
      return std::unexpected(StartError{
          snapshot.admin.bind_place, fmt::format("admin.bind: cannot listen on {}: {}",
                                                 snapshot.admin.bind->to_string(), sockets.error().message)});
    }
    admin_sockets = std::move(*sockets);
    admin_address_ = admin_sockets->address;
  }

  auto via = node_token(snapshot);
  if (!via) return std::unexpected(via.error());
  via_token_ = *via;
  auto keys = cookie_keys(snapshot);
  if (!keys) return std::unexpected(keys.error());
  cookie_keys_ = std::move(*keys);
  if (auto dropped = drop_privileges(snapshot.process, socket_files()); !dropped)
    return std::unexpected(dropped.error());

  if (snapshot.log.access.output != "off") {
    auto access = observe::AccessLogWriter::start({.output = snapshot.log.access.output});
    if (!access) {
      return std::unexpected(
          StartError{snapshot.log.access.output_place, "log.access.output: " + access.error()});
    }
    access_ = std::move(*access);
  }

  directory_ =
      std::make_unique<TargetDirectory>(context_, snapshot, worker_count_, snapshot.process.state_dir);
  if (admin_sockets) {
    admin::State state;
    state.operations = directory_.get();
    state.explain = [this](const admin::ExplainOrder& order) { return explain(order); };
    state.registry = &registry_;
    state.access_log = access_.get();
    state.snapshot = options_.snapshot;
    state.build = build_info();
    state.pid = ::getpid();
    state.workers = worker_count_;
    state.started = state.config_loaded = clock_.wall();
    for (const BoundListener& listener : listeners_) {
      state.listeners.push_back({listener.settings->name, listener.addresses});
    }
    state.config_file = options_.config_file;
    state.config_hash = config::effective_hash(snapshot);
    state.config_json = config::effective_json(snapshot);
    admin_ = std::make_unique<Admin>(context_, std::move(*admin_sockets),
                                     admin::Gate(*snapshot.admin.bind, token), std::move(state));
  }
  return {};
}

// On the control thread, where probes and the rest of the API wait meanwhile: one that takes long is followed
// by a pause.
std::expected<std::string, admin::Refusal> Daemon::explain(const admin::ExplainOrder& order) {
  const base::Instant begun = clock_.now();
  if (begun < explain_again_) {
    return std::unexpected(admin::Refusal{
        429, "explanations take long with so many rules and targets: one at a time, with pauses between"});
  }
  explain::World world;
  world.origin = "the running weir";
  world.live = true;
  world.snapshot = options_.snapshot;
  for (const BoundListener& listener : listeners_)
    world.bound.push_back({listener.settings->name, listener.addresses});
  world.group = [this](const model::TargetGroup& group) { return directory_->known(group.name); };
  world.via_token = via_token_;
  world.keys = cookie_keys_;
  const auto explanation = explain::explain(
      world, {order.url, order.method, order.headers, order.from, order.listener}, dry_loop_);
  const base::Instant now = clock_.now();
  if (now - begun > kLongExplanation) explain_again_ = now + kExplanationPauses * (now - begun);
  if (explanation) return to_json(*explanation);
  return std::unexpected(
      admin::Refusal{400, fmt::format("{}: {}", explanation.error().field, explanation.error().message)});
}

std::vector<std::string> Daemon::socket_files() const {
  std::vector<std::string> files;
  for (const BoundListener& listener : listeners_) {
    for (const base::SocketAddress& address : listener.addresses) {
      if (address.is_unix()) files.push_back(address.path());
    }
  }
  if (admin_address_ && admin_address_->is_unix()) files.push_back(admin_address_->path());
  return files;
}

// Before anybody is served: from then on a stop has to be one in good order.
void Daemon::take_signals() {
  const auto take = [this](int number, std::function<void()> callback) {
    signals_.push_back(std::make_unique<net::Signal>(loop_, number, std::move(callback)));
  };
  take(SIGTERM, [this] { on_stop_signal(); });
  take(SIGINT, [this] { on_stop_signal(); });
  if (!started_by_nohup(options_)) take(SIGHUP, [this] { on_hangup(); });
  take(SIGUSR1, [this] { on_reopen_signal(); });
  take(SIGUSR2, [] { log::warn("SIGUSR2: there is no seamless upgrade yet; ignored"); });
  net::release_notices();
}

void Daemon::start_workers() {
  std::vector<std::shared_ptr<proxy::ListenerShared>> shared;
  workers_.reserve(worker_count_);
  for (const BoundListener& listener : listeners_) {
    shared.push_back(std::make_shared<proxy::ListenerShared>(*listener.settings));
  }
  const std::vector<proxy::GroupSetup> groups = directory_->setups();
  for (unsigned worker = 0; worker < worker_count_; ++worker) {
    proxy::EngineSetup setup;
    setup.groups = groups;
    setup.on_failing = [this](const proxy::FailingTarget& failing) {
      mailbox_.post([this, failing] { directory_->on_failing(failing); });
    };
    setup.worker = worker;
    setup.snapshot = options_.snapshot;
    setup.registry = &registry_;
    setup.access = access_.get();
    setup.limits = limits_.get();
    setup.via_token = via_token_;
    setup.keys = cookie_keys_;
    setup.idle_target_connections = bounds_.idle_targets;
    setup.pipes = bounds_.pipes;
    setup.wake = [this](unsigned other, const std::string& group) {
      mailbox_.post([this, other, group] { workers_[other]->serve_waiting(group); });
    };
    std::vector<WorkerListener> listeners;
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      listeners.push_back({shared[i], std::move(listeners_[i].sockets[worker])});
    }
    workers_.push_back(std::make_unique<Worker>(clock_, setup, std::move(listeners),
                                                [this] { mailbox_.post([this] { on_worker_drained(); }); }));
  }
}

void Daemon::start_directory() {
  TargetDirectory::Workers outlets;
  outlets.publish = [this](const std::string& group, const proxy::GroupView& view) {
    for (const auto& worker : workers_) worker->update(group, view);
  };
  outlets.cut = [this](const std::string& group, balance::Slot slot) {
    for (const auto& worker : workers_) worker->cut(group, slot);
  };
  forget_targets();
  directory_->start(std::move(outlets), [this] {
    if (admin_) admin_->on_news();
  });
}

void Daemon::forget_targets() {
  registry_.forget_targets(loop_.now());
  forget_.set(loop_.now() + kForgetEvery);
}

int Daemon::run() {
  for (const BoundListener& listener : listeners_) {
    for (const base::SocketAddress& address : listener.addresses) {
      log::info("listener {}: listening on {}", listener.settings->name, address.to_string());
    }
  }
  if (admin_address_) log::info("admin: listening on {}", admin_address_->to_string());
  log::info("serving with {} worker{}, at most {} client connections", worker_count_,
            worker_count_ == 1 ? "" : "s", limits_->max_connections);
  if (admin_) admin_->set_phase(admin::Phase::running);
  loop_.run();
  directory_->stop();
  for (const auto& worker : workers_) worker->stop();
  net::block_signals();  // one more must not end the process before the access log is written
  log::info("stopped");
  return 0;
}

void Daemon::on_stop_signal() {
  if (!stopping_) return begin_drain();
  log::warn("stopping at once");
  abort();
}

// Without a file there is nothing to read again: the terminal has gone.
void Daemon::on_hangup() {
  if (options_.config_file.empty()) return on_stop_signal();
  if (cookie_keys_ != nullptr && !options_.snapshot->secrets.cookie_keys_file.empty()) return reload_keys();
  log::warn("SIGHUP: there is no reload yet; ignored");
}

void Daemon::reload_keys() {
  auto keys = cookie_keys(*options_.snapshot);
  if (!keys) return log::error("SIGHUP: the keys of cookies stay as they were: {}", keys.error().message);
  cookie_keys_ = std::move(*keys);
  for (const auto& worker : workers_) worker->set_keys(cookie_keys_);
  log::info("SIGHUP: {} key{} of cookies read again; there is no reload of the configuration yet",
            cookie_keys_->size(), cookie_keys_->size() == 1 ? "" : "s");
}

void Daemon::on_reopen_signal() {
  const std::string& output = options_.snapshot->log.access.output;
  if (output == "off" || output == "stdout" || output == "stderr") {
    return log::info("SIGUSR1: there is no log file to reopen");
  }
  log::info("SIGUSR1: reopening the access log, {}", output);
  access_->reopen();
}

void Daemon::begin_drain() {
  stopping_ = true;
  const base::Duration grace = options_.snapshot->process.shutdown_grace;
  log::info("stopping: what is in flight has {} s to finish", std::chrono::duration<double>(grace).count());
  if (admin_) admin_->set_phase(admin::Phase::stopping);
  grace_.set(loop_.now() + grace);
  // When the workers have closed the sockets, the next weir may bind their paths.
  for (BoundListener& listener : listeners_) listener.files.clear();
  for (const auto& worker : workers_) worker->drain(std::min(kDrainQuiet, grace / 4));
}

void Daemon::on_worker_drained() {
  if (++drained_ == worker_count_) loop_.stop();
}

void Daemon::abort() {
  if (drained_ < worker_count_) log::warn("cutting the connections that are left");
  for (const auto& worker : workers_) worker->abort();
}

}  // namespace weir::server
