#include "lb/server/daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>
#include <utility>

#include "lb/base/log.h"
#include "lb/explain/explanation_json.h"
#include "lb/proxy/vocabulary.h"
#include "lb/server/build_info.h"
#include "lb/server/descriptors.h"
#include "lb/server/privileges.h"
#include "lb/server/state_directory.h"

namespace weir::server {
namespace {

namespace log = base::log;

constexpr base::Duration kDrainQuiet = std::chrono::seconds(2);
constexpr base::Duration kForgetEvery = std::chrono::minutes(1);
constexpr base::Duration kTurnTicketsEvery = std::chrono::minutes(10);  // they stay for hours
constexpr base::Duration kLongExplanation = std::chrono::milliseconds(100);
constexpr int kExplanationPauses = 4;

unsigned worker_count(const model::Process& process) {
  return process.workers ? *process.workers : std::max(1U, std::thread::hardware_concurrency());
}

// The listening sockets that the descriptor limit has to leave room for: the admin API's, and two descriptors
// for each of a worker, its own and the fleet's.
std::uint64_t socket_count(const model::Snapshot& snapshot, unsigned workers) {
  std::uint64_t binds = 0;
  for (const model::Listener& listener : snapshot.listeners) binds += listener.binds.size();
  return 1 + 2 * workers * binds;
}

// What is to outlive its terminal has SIGHUP ignored already. A daemon with a file takes it all the same: for
// it the signal is no hang-up.
bool started_by_nohup(const std::string& config_file) {
  struct sigaction inherited{};
  ::sigaction(SIGHUP, nullptr, &inherited);
  return config_file.empty() && inherited.sa_handler == SIG_IGN;
}

void tell_listeners(const std::vector<admin::BoundListener>& listeners) {
  for (const admin::BoundListener& listener : listeners) {
    for (const base::SocketAddress& address : listener.binds) {
      log::info("listener {}: listening on {}", listener.name, address.to_string());
    }
  }
}

}  // namespace

Daemon::Daemon(const base::Clock& clock, const DaemonOptions& options)
    : clock_(clock),
      load_began_(options.load_began),
      loop_(clock),
      dry_loop_(clock),
      context_(loop_),
      mailbox_(loop_),
      registry_(proxy::vocabulary(), observe::LatencyBuckets::make(options.snapshot.admin.latency_buckets)),
      tracing_(clock),
      fleet_(clock, mailbox_, registry_, worker_count(options.snapshot.process)),
      service_(loop_, service_outlets()),
      reloader_(loop_, mailbox_, registry_, fleet_.workers(), reload_outlets()),
      grace_(loop_.timers(), this, [](void* self) { static_cast<Daemon*>(self)->abort(); }),
      forget_(loop_.timers(), this, [](void* self) { static_cast<Daemon*>(self)->forget_counters(); }),
      tickets_(loop_.timers(), this, [](void* self) { static_cast<Daemon*>(self)->turn_tickets(); }),
      state_look_(loop_.timers(), this,
                  [](void* self) { static_cast<Daemon*>(self)->look_after_state_directory(); }),
      program_(options.program),
      old_processes_(loop_, registry_) {}

Daemon::~Daemon() {
  successor_.reset();
  takeover_.reset();
  fleet_.stop();
  admin_.reset();
  directory_.reset();
  signals_.clear();
  loop_.settle();
}

std::expected<std::unique_ptr<Daemon>, StartError> Daemon::start(const base::Clock& clock,
                                                                 DaemonOptions options) {
  std::unique_ptr<Daemon> daemon(new Daemon(clock, options));
  if (auto prepared = daemon->prepare(std::move(options)); !prepared) {
    return std::unexpected(prepared.error());
  }
  return daemon;
}

// Everything that can fail, before anything serves.
std::expected<void, StartError> Daemon::prepare(DaemonOptions options) {
  log::set_level(options.snapshot.log.level);
  std::signal(SIGPIPE, SIG_IGN);
  make_state_directory(options.snapshot.process);
  const auto before = begin_takeover(options);
  auto made = make_configuration(std::move(options.snapshot), std::move(options.source), before.get());
  if (!made) return std::unexpected(made.error());
  running_ = *std::move(made);
  const model::Snapshot& snapshot = *running_->snapshot;
  registry_.set_max_series(snapshot.admin.max_series);
  if (auto fits = fit_descriptors(); !fits) return fits;

  if (auto usable = server::prepare(options.inherited); !usable) return usable;
  admin_sockets_ = inherit_admin(snapshot.admin, options.inherited);
  if (auto done = fleet_.inherit(std::move(options.inherited)); !done) return done;
  if (takeover_) fleet_.hold();
  auto opened = fleet_.open(snapshot);
  if (!opened) return std::unexpected(opened.error());
  std::vector<std::string> socket_files = opened->socket_files();
  if (snapshot.admin.bind && !admin_sockets_) {
    auto listening = listen_for_admin(snapshot.admin);
    if (!listening) return std::unexpected(listening.error());
    admin_sockets_ = std::move(*listening);
    if (admin_sockets_->address.is_unix()) socket_files.push_back(admin_sockets_->address.path());
  }
  if (auto dropped = drop_privileges(snapshot.process, socket_files, opened->port_sockets()); !dropped)
    return dropped;
  net::Fd held = options.predecessor ? std::move(options.predecessor->offer.state_lock) : net::Fd();
  if (auto locked = lock_state_directory(std::move(held)); !locked) return locked;
  if (auto log = open_access_log(); !log) return log;

  directory_ = std::make_unique<TargetDirectory>(context_, *running_, fleet_.workers());
  if (takeover_) {
    directory_->hold();
  } else {
    start_admin();
  }
  take_signals();
  start_fleet(std::move(*opened));
  start_directory();
  return {};
}

std::expected<void, StartError> Daemon::fit_descriptors() {
  const model::Snapshot& snapshot = *running_->snapshot;
  const unsigned workers = fleet_.workers();
  auto bounds =
      fit_connections(snapshot.process, raise_descriptor_limit(), workers, socket_count(snapshot, workers));
  if (!bounds) return std::unexpected(bounds.error());
  bounds_ = *bounds;
  limits_ = std::make_unique<proxy::ProcessLimits>(bounds_.clients);
  return {};
}

std::expected<void, StartError> Daemon::open_access_log() {
  const model::AccessLog& settings = running_->snapshot->log.access;
  auto access = observe::AccessLogWriter::start({.output = settings.output});
  if (!access) {
    return std::unexpected(StartError{settings.output_place, "log.access.output: " + access.error()});
  }
  access_ = std::move(*access);
  fleet_.log_as(access_->settings(running_->snapshot->log).value_or(nullptr));
  fleet_.trace_as(tracing_.settings(*running_->snapshot));
  return {};
}

void Daemon::start_admin() {
  if (!admin_sockets_) return;
  admin::State state;
  state.operations = directory_.get();
  state.explain = [this](const admin::ExplainOrder& order) { return explain(order); };
  if (!running_->source.file.empty()) {
    state.reload = [this](std::optional<base::Duration> confirm) { return reload_for_admin(confirm); };
    state.confirm = [this] { return reloader_.confirm(); };
  }
  state.old_processes = [this] { return old_processes_.status(); };
  state.access_log_dropped_before = [this] { return old_processes_.access_log_dropped(); };
  state.registry = &registry_;
  state.access_log = access_.get();
  state.spans = [this] {
    observe::SpanCounts counts = old_processes_.spans();
    return counts += tracing_.counts();
  };
  state.build = build_info();
  state.pid = ::getpid();
  state.workers = fleet_.workers();
  state.started = state.config_loaded = clock_.wall();
  for (const net::Fd& socket : admin_sockets_->sockets) {
    admin_copies_.emplace_back(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
  }
  admin_ =
      std::make_unique<AdminApi>(context_, *std::exchange(admin_sockets_, std::nullopt), std::move(state));
  admin_->show(*running_);
}

std::optional<base::SocketAddress> Daemon::admin_address() const {
  return admin_ ? std::optional(admin_->address()) : std::nullopt;
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
  world.snapshot = running_->snapshot;
  for (const admin::BoundListener& listener : listeners()) {
    world.bound.push_back({listener.name, listener.binds});
  }
  world.group = [this](const model::TargetGroup& group) { return directory_->known(group.name); };
  world.via_token = running_->node.via_token;
  world.keys = running_->keys;
  world.certificates = [this](const std::string& listener) {
    return &running_->tls.contexts.at(listener)->certificates();
  };
  const auto explanation = explain::explain(
      world, {order.url, order.method, order.headers, order.from, order.listener}, dry_loop_);
  const base::Instant now = clock_.now();
  if (now - begun > kLongExplanation) explain_again_ = now + kExplanationPauses * (now - begun);
  if (explanation) return to_json(*explanation);
  return std::unexpected(
      admin::Refusal{400, fmt::format("{}: {}", explanation.error().field, explanation.error().message)});
}

// Before anybody is served: from then on a stop has to be one in good order.
void Daemon::take_signals() {
  const auto take = [this](int number, std::function<void()> callback) {
    signals_.push_back(std::make_unique<net::Signal>(loop_, number, std::move(callback)));
  };
  take(SIGTERM, [this] { on_stop_signal(); });
  take(SIGINT, [this] { on_stop_signal(); });
  if (!started_by_nohup(running_->source.file)) take(SIGHUP, [this] { on_hangup(); });
  take(SIGUSR1, [this] { on_reopen_signal(); });
  take(SIGUSR2, [this] { begin_upgrade(); });
  net::release_notices();
}

void Daemon::start_fleet(Fleet::Opened opened) {
  proxy::EngineSetup setup;
  setup.on_failing = [this](const proxy::FailingTarget& failing) {
    mailbox_.post([this, failing] { directory_->on_failing(failing); });
  };
  setup.access = access_.get();
  setup.limits = limits_.get();
  setup.idle_target_connections = bounds_.idle_targets;
  setup.pipes = bounds_.pipes;
  fleet_.start(std::move(opened), *running_, directory_->setups(), setup, takeover_ != nullptr,
               [this] { on_drained(); });
  if (admin_) admin_->state().listeners = listeners();
}

void Daemon::start_directory() {
  TargetDirectory::Workers outlets;
  outlets.publish = [this](const std::string& group, const proxy::GroupView& view) {
    fleet_.update(group, view);
  };
  outlets.cut = [this](const std::string& group, balance::Slot slot) { fleet_.cut(group, slot); };
  outlets.remove = [this](const std::string& group) { fleet_.remove_group(group); };
  turn_tickets();
  forget_counters();
  directory_->start(std::move(outlets), [this] {
    service_.on_news();
    if (admin_) admin_->on_news();
  });
}

void Daemon::turn_tickets() {
  if (running_->tls.ticket_keys) running_->tls.ticket_keys->rotate(loop_.now());
  tickets_.set(loop_.now() + kTurnTicketsEvery);
}

void Daemon::forget_counters() {
  registry_.forget(loop_.now());
  forget_.set(loop_.now() + kForgetEvery);
}

ServiceManager::Outlets Daemon::service_outlets() {
  return {.status = [this] { return service_status(listeners().size(), directory_->summaries()); },
          .ask = [this](unsigned worker,
                        std::function<void()> answered) { fleet_.ask(worker, std::move(answered)); }};
}

int Daemon::run() {
  if (takeover_) {
    takeover_->start();
  } else {
    serve();
  }
  loop_.run();
  directory_->stop();
  fleet_.stop();
  tracing_.stop();
  net::block_signals();  // one more must not end the process before the access log is written
  log::info("stopped");
  return exit_code_;
}

void Daemon::serve() {
  tell_listeners(listeners());
  if (admin_) log::info("admin: listening on {}", admin_->address().to_string());
  log::info("serving with {} worker{}, at most {} client connections", fleet_.workers(),
            fleet_.workers() == 1 ? "" : "s", limits_->max_connections);
  if (admin_) {
    admin_->state().phase = admin::Phase::running;
    admin_->on_news();
  }
  reloader_.start(load_began_);
  // One that could not be locked may hold what could not be read.
  if (state_lock_.held()) look_after_state_directory();
  if (std::exchange(hangup_waits_, false)) reloader_.request(ReloadCause::signal);
  service_.ready(fleet_.workers());
}

// --- signals

void Daemon::on_stop_signal() {
  if (retired_ && !std::exchange(hurried_, true)) {
    const base::Duration grace = running_->snapshot->process.shutdown_grace;
    log::info("ending: what is left has {} s to finish", std::chrono::duration<double>(grace).count());
    return grace_.set(std::min(grace_.at(), loop_.now() + grace));
  }
  if (!stopping_) return begin_drain();
  log::warn("stopping at once");
  abort();
}

// Without a file there is nothing to read again: the terminal has gone.
void Daemon::on_hangup() {
  if (running_->source.file.empty()) return on_stop_signal();
  if (stopping_) return log::warn("SIGHUP: weir is stopping; ignored");
  if (takeover_) {
    hangup_waits_ = true;
    return;
  }
  reloader_.request(ReloadCause::signal);
}

void Daemon::on_reopen_signal() {
  old_processes_.reopen_logs();
  const std::string& output = running_->snapshot->log.access.output;
  if (!output.starts_with('/')) {
    return log::info("SIGUSR1: there is no log file to reopen");
  }
  log::info("SIGUSR1: reopening the access log, {}", output);
  access_->reopen();
}

void Daemon::begin_drain() {
  stopping_ = true;
  if (successor_) {
    successor_->give_up();
    loop_.reap(std::move(successor_));
  }
  const base::Duration grace = running_->snapshot->process.shutdown_grace;
  log::info("stopping: what is in flight has {} s to finish", std::chrono::duration<double>(grace).count());
  if (admin_) {
    admin_->state().phase = admin::Phase::stopping;
    admin_->on_news();
  }
  if (!takeover_) service_.stopping(grace);
  grace_.set(loop_.now() + grace);
  fleet_.drain(std::min(kDrainQuiet, grace / 4));
}

void Daemon::abort() {
  if (!fleet_.drained()) log::warn("cutting the connections that are left");
  fleet_.abort();
}

}  // namespace weir::server
