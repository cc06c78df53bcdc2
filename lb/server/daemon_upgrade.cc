// How the daemon gives way to another process, and how it takes over from one.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lb/base/log.h"
#include "lb/base/text.h"
#include "lb/server/daemon.h"
#include "lb/server/event_line.h"
#include "lb/server/systemd.h"

namespace weir::server {
namespace {

namespace log = base::log;

constexpr base::Duration kRetiringQuiet = std::chrono::seconds(2);  // before an idle client is left

double seconds(base::Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

// --- the process that is taken over from

std::string Daemon::upgrade_refusal() const {
  if (program_.path.empty()) return "there is no program to start";
  if (running_->source.file.empty()) return "the configuration is built in";
  if (retired_) return "another process has taken over already";
  if (stopping_) return "weir is stopping";
  if (takeover_) return "this process is about to take over itself";
  if (successor_) return fmt::format("process {} is about to take over already", successor_->pid());
  if (reloader_.may_take_back()) return "the configuration waits to be confirmed, or is on trial";
  return {};
}

void Daemon::begin_upgrade() {
  if (const std::string why = upgrade_refusal(); !why.empty()) {
    return log::warn("SIGUSR2: there is no upgrade: {}", why);
  }
  if (reloader_.busy()) {
    upgrade_waits_ = true;
    return log::info(
        "SIGUSR2: the upgrade begins when the reload under way is over, unless that waits to be confirmed or "
        "is on trial");
  }
  auto started = upgrade::Successor::start(loop_, program_, upgrade_outlets());
  if (!started) return on_upgrade_failed(started.error());
  successor_ = *std::move(started);
  reloader_.pause();
  const admin::Event event = upgrade_event("begun", fmt::format("process {}", successor_->pid()));
  log::info("SIGUSR2: upgrade: {} is started as process {} {}", program_.path, successor_->pid(),
            event_fields(event));
  directory_->tell_event(event);
}

upgrade::Successor::Outlets Daemon::upgrade_outlets() {
  return {.offer = [this] { return offer(); },
          .estate = [this] { return estate(); },
          .serving = [this] { retire(); },
          .failed = [this](const std::string& why) { on_upgrade_failed(why); },
          .end =
              [this] {
                log::warn("the process that has taken over wants this one to end");
                abort();
              },
          .reopen_logs = [this] { on_reopen_signal(); },
          .counted = [this] { return counted(); }};
}

// What cannot be copied for want of descriptors is missing there: the process fails to bind it, and says so.
upgrade::Offer Daemon::offer() const {
  upgrade::Offer offer;
  if (auto sockets = fleet_.copied_sockets()) offer.sockets = *std::move(sockets);
  const model::Snapshot& snapshot = *running_->snapshot;
  if (admin_) {
    InheritedSocket& admin = offer.sockets.emplace_back();
    admin.wanted = *snapshot.admin.bind;
    admin.address = admin_->address();
    admin.of = InheritedSocket::Of::admin;
    admin.owns_file = admin_->server().owns_file();
    for (const net::Fd& socket : admin_copies_) {
      admin.sockets.emplace_back(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
    }
  }
  if (state_lock_.held()) offer.state_lock = net::Fd(::fcntl(state_lock_.fd(), F_DUPFD_CLOEXEC, 0));
  offer.via_token = running_->node.via_token;
  const bool in_file = !snapshot.secrets.cookie_keys_file.empty();
  if (running_->keys && !in_file) offer.cookie_keys = sticky::to_text(*running_->keys);
  if (running_->tls.ticket_keys) offer.ticket_keys = running_->tls.ticket_keys->to_text(clock_.now());
  return offer;
}

upgrade::OldProcess Daemon::counted() const {
  return {.pid = ::getpid(),
          .since = clock_.wall(),
          .connections = limits_->connections.load(std::memory_order_relaxed),
          .access_log_dropped = access_->dropped(),
          .spans = tracing_.counts(),
          .totals = registry_.own_totals(),
          .channel = {}};
}

upgrade::Estate Daemon::estate() {
  if (admin_) {
    admin_->state().phase = admin::Phase::stopping;
    admin_->on_news();
    admin_->server().close();
  }
  systemd::notify_main_pid(successor_->pid());
  upgrade::Estate estate;
  estate.directory = directory_->snapshot();
  estate.processes.push_back(counted());
  std::ranges::move(old_processes_.hand_over(), std::back_inserter(estate.processes));
  registry_.change_predecessors([&](const observe::Predecessors& them) { estate.past = them.past(); });
  if (admin_) estate.reloads = admin_->state().reloads;
  estate.access_log_dropped = old_processes_.access_log_dropped_before();
  estate.spans = old_processes_.spans_before();
  return estate;
}

void Daemon::on_upgrade_failed(const std::string& why) {
  const admin::Event event = upgrade_event("failed", why);
  log::error("upgrade failed: {}; this process goes on {}", why, event_fields(event));
  if (successor_) {
    systemd::notify_main_pid(::getpid());
    loop_.reap(std::move(successor_));
  }
  old_processes_.listen();
  if (admin_) {
    admin_->server().open();
    admin_->state().phase = admin::Phase::running;
  }
  directory_->tell_event(event);
  reloader_.resume();
}

// Its sockets, files and state are the other process's from now on.
void Daemon::retire() {
  stopping_ = retired_ = true;
  const base::Duration grace = running_->snapshot->process.upgrade_grace;
  log::info("upgrade: process {} has taken over; what is in flight here has {} s to finish",
            successor_->pid(), seconds(grace));
  service_.retire();
  reloader_.stop();
  directory_->retire();
  static_cast<void>(state_lock_.release());  // if the other process ends, a third one may begin
  forget_.clear();
  tickets_.clear();
  state_look_.clear();
  if (admin_) admin_->server().disown_file();
  admin_.reset();
  admin_copies_.clear();
  grace_.set(loop_.now() + grace);
  fleet_.retire(std::min(kRetiringQuiet, grace / 4));
}

void Daemon::on_drained() {
  if (!retired_) return loop_.stop();
  successor_->finish([this] { loop_.stop(); });
}

// --- the process that takes over

// What is kept of the other one's secrets, as if this were a reload.
std::shared_ptr<const Configuration> Daemon::begin_takeover(DaemonOptions& options) {
  if (!options.predecessor) return nullptr;
  upgrade::Offer& offered = options.predecessor->offer;
  takeover_ = std::make_unique<upgrade::Takeover>(
      loop_, std::move(options.predecessor->channel),
      upgrade::Takeover::Outlets{.looked_at = [this] { return directory_->looked_at(); },
                                 .listen = [this] { return fleet_.begin_listening(); },
                                 .take_over = [this](upgrade::Estate& estate) { take_over(estate); },
                                 .failed =
                                     [this](const std::string& why) {
                                       log::error("upgrade: {}; there is nothing to take over", why);
                                       exit_code_ = 1;
                                       loop_.stop();
                                     }});
  for (InheritedSocket& socket : offered.sockets) {
    if (!std::exchange(socket.owns_file, false)) continue;
    takeover_->files.push_back({socket.address.path(), socket.of});
  }
  options.inherited = std::move(offered.sockets);
  auto kept = std::make_shared<Configuration>();
  kept->snapshot = std::make_shared<const model::Snapshot>();
  kept->node.via_token = offered.via_token;
  if (auto keys = sticky::Keys::parse(offered.cookie_keys)) kept->keys = *std::move(keys);
  sticky::cleanse(offered.cookie_keys);
  kept->tls.ticket_keys = net::TlsTicketKeys::taken_over(offered.ticket_keys, clock_.now());
  sticky::cleanse(offered.ticket_keys);
  return kept;
}

void Daemon::take_over(upgrade::Estate& estate) {
  const pid_t before = estate.processes.front().pid;
  const std::uint64_t connections = estate.processes.front().connections;
  const admin::Event event = upgrade_event(
      "taken over", fmt::format("from process {}, which finishes {} connections", before, connections));
  log::info("upgrade: this process takes over from {}, which finishes {} connections {}", before, connections,
            event_fields(event));
  directory_->take_over(estate.directory);
  old_processes_.take(estate);
  start_admin();
  for (const auto& file : takeover_->files) own_file(file.path, file.of);
  if (admin_) {
    admin_->state().listeners = listeners();
    admin_->state().reloads = estate.reloads;
  }
  fleet_.begin_accepting();
  loop_.reap(std::move(takeover_));
  serve();
  directory_->tell_event(event);
}

// It is whose that has the socket now, listener or admin API, with the mode that is due there; nobody's is
// removed.
void Daemon::own_file(const std::string& path, InheritedSocket::Of before) {
  const bool is_admin = admin_ && admin_->address().is_unix() && admin_->address().path() == path;
  const bool was_admin = before == InheritedSocket::Of::admin;
  if (is_admin) {
    admin_->server().own_file();
  } else if (!fleet_.own_file(path)) {
    return net::SocketFile(path).remove();
  }
  if (is_admin == was_admin) return;
  if (::chmod(path.c_str(), is_admin ? admin::kSocketMode : net::ListenOptions().unix_mode) != 0) {
    log::warn("upgrade: the mode of {} stays as it is: {}", base::escape(path), std::strerror(errno));
  }
}

admin::Event Daemon::upgrade_event(const std::string& to, const std::string& detail) const {
  return {.at = clock_.wall(), .kind = "upgrade", .to = to, .detail = detail};
}

}  // namespace weir::server
