// The state directory of the daemon: its lock, and what it holds beside the state itself.

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "lb/base/log.h"
#include "lb/base/text.h"
#include "lb/server/daemon.h"
#include "lb/server/state_directory.h"

namespace weir::server {
namespace {

namespace log = base::log;

constexpr base::Duration kBetweenLooks = std::chrono::seconds(5);

std::string problem_of(const model::Process& process, const std::expected<StateLock, StartError>& lock) {
  if (!lock) return lock.error().message + "; this one keeps nothing there";
  if (lock->held() || lock->error() == 0) return {};
  return fmt::format("process.state_dir: '{}' is not locked: {}", base::escape(process.state_dir),
                     base::to_lower(std::strerror(lock->error())));
}

}  // namespace

// It may be another one than that of the process before.
std::expected<void, StartError> Daemon::lock_state_directory(net::Fd handed_over) {
  const model::Process& process = running_->snapshot->process;
  const bool was_locked = handed_over.valid();
  auto lock = StateLock::take(process, std::move(handed_over));
  if (!lock) return std::unexpected(lock.error());
  state_problem_ = problem_of(process, lock);
  if (!state_problem_.empty()) log::warn("{}", state_problem_);
  state_lock_ = *std::move(lock);
  if (takeover_) keep_secrets();
  if (was_locked && !state_lock_.handed_over()) tell_state_is_replaced(process);
  return {};
}

void Daemon::keep_secrets() const {
  const model::Snapshot& snapshot = *running_->snapshot;
  keep_node_token(snapshot.process, running_->node.via_token);
  if (running_->keys && snapshot.secrets.cookie_keys_file.empty()) {
    keep_cookie_keys(snapshot.process, *running_->keys);
  }
}

// It may be removed while weir runs, even be taken by another one, with what keeps a second weir away and
// what the next start needs.
void Daemon::look_after_state_directory() {
  const model::Process& process = running_->snapshot->process;
  if (process.state_dir.empty() || stopping_) return;
  state_look_.set(loop_.now() + kBetweenLooks);
  if (successor_) return;  // it has the lock, too
  if (state_lock_.held()) {
    if (!state_lock_.lost(process)) return;
    log::warn("process.state_dir: the lock in '{}' has been removed: what is missing there is written again",
              base::escape(process.state_dir));
    state_lock_ = StateLock();
  }
  make_state_directory(process);
  auto lock = StateLock::take(process);
  directory_->set_keeping(lock.has_value());
  std::string problem = problem_of(process, lock);
  if (!problem.empty() && problem != state_problem_) log::error("{}", problem);
  state_problem_ = std::move(problem);
  if (!lock || !lock->held()) return;
  state_lock_ = *std::move(lock);
  keep_secrets();
  tell_state_is_replaced(process);
  directory_->keep_again();
}

}  // namespace weir::server
