// What the daemon keeps in its state directory beside the state itself.

#include "lb/base/log.h"
#include "lb/base/text.h"
#include "lb/server/daemon.h"
#include "lb/server/state_directory.h"

namespace weir::server {
namespace {

namespace log = base::log;

constexpr base::Duration kBetweenLooks = std::chrono::seconds(5);

}  // namespace

void Daemon::keep_secrets(const model::Process& process) const {
  keep_in_state_directory(process, kNodeTokenFile, running_->node.via_token);
  if (running_->keys && running_->snapshot->secrets.cookie_keys_file.empty()) {
    keep_in_state_directory(process, kCookieKeyFile, sticky::to_text(*running_->keys));
  }
}

// It may have been removed, with what keeps a second weir away and what the next start needs.
void Daemon::look_after_state_directory() {
  if (!state_lock_.held()) return;
  state_look_.set(loop_.now() + kBetweenLooks);
  if (!state_lock_.lost()) return;
  model::Process process = running_->snapshot->process;
  process.state_dir = state_lock_.directory();  // another one needs a restart
  log::warn("process.state_dir: the lock in '{}' has been removed: what is missing there is written again",
            base::escape(process.state_dir));
  make_state_directory(process);
  auto lock = StateLock::take(process);
  state_lock_ = lock ? *std::move(lock) : StateLock();
  if (!lock) return log::error("{}; what is asked of this one is lost when it ends", lock.error().message);
  keep_secrets(process);
  directory_->keep_again();
}

}  // namespace weir::server
