#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>

#include "lb/base/clock.h"
#include "lb/server/inherited_sockets.h"
#include "lb/server/start_error.h"

// What systemd and a service that it runs tell each other, sd_listen_fds(3) and sd_notify(3). Nothing of it
// happens, and nothing fails, where systemd is not there: what is not asked for by the environment is not
// done.
namespace weir::server::systemd {

// The sockets of socket activation ($LISTEN_FDS), those of one address together. To be called once, before
// any thread is started: the variables are removed, so that they mean no other process.
std::expected<InheritedSockets, StartError> listening_sockets();

// Whether somebody listens to what notify() says ($NOTIFY_SOCKET, which later processes inherit).
bool is_notified();
// Lines of NAME=VALUE. What fails is of no consequence. Any thread.
void notify(const std::string& lines);
// Another process is the service's main one from now on.
void notify_main_pid(pid_t pid);

// After how long without a sign of life the service is ended ($WATCHDOG_USEC); absent: never. To be called
// once, like listening_sockets(): $WATCHDOG_PID is removed, so that the watchdog means the processes which
// take over from this one, too.
std::optional<base::Duration> watchdog_time();

}  // namespace weir::server::systemd
