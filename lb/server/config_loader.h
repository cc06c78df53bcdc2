#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "config/plan.h"
#include "lb/net/mailbox.h"
#include "lb/server/configuration.h"

namespace weir::server {

// A configuration that could be gone over to, and what that would change.
struct LoadedConfiguration {
  // What only a restart changes is in it as it runs.
  std::shared_ptr<const Configuration> configuration;
  Views views;
  config::Plan plan;  // from what runs to what the file says
  config::Diagnostics warnings;
};

struct RefusedConfiguration {
  config::Diagnostics diagnostics;
  config::Inputs inputs;  // what was read all the same
};

using LoadOutcome = std::expected<LoadedConfiguration, RefusedConfiguration>;

// Reads configurations on a thread of its own, one at a time, so that the control thread goes on with what it
// does. Belongs to the control thread.
class ConfigLoader {
 public:
  // On the control thread. It may begin the next load.
  using Done = std::function<void(LoadOutcome)>;

  ConfigLoader(net::Mailbox& mailbox, observe::Registry& registry, unsigned workers);
  // Waits for the load under way; nobody hears of it.
  ~ConfigLoader();
  ConfigLoader(const ConfigLoader&) = delete;
  ConfigLoader& operator=(const ConfigLoader&) = delete;

  // None is under way.
  void load(const std::string& file, std::shared_ptr<const Configuration> running, Done done);
  // One that was in force before, with the secrets that it had: reads nothing, and cannot fail.
  void restore(std::shared_ptr<const Configuration> before, std::shared_ptr<const Configuration> running,
               Done done);

 private:
  void start(std::move_only_function<LoadOutcome()> work, Done done);

  net::Mailbox& mailbox_;
  observe::Registry& registry_;
  const unsigned workers_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // looked at by the control thread alone
  std::thread thread_;
};

config::Diagnostic diagnostic_of(const StartError& error);

}  // namespace weir::server
