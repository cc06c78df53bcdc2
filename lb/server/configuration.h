#pragma once

#include <expected>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/load.h"
#include "lb/model/snapshot.h"
#include "lb/observe/registry.h"
#include "lb/proxy/listener_view.h"
#include "lb/server/listener_tls.h"
#include "lb/server/start_error.h"
#include "lb/sticky/keys.h"

namespace weir::server {

// What was read of a configuration file, or made without one.
struct ConfigSource {
  std::string file = {};  // empty: built in
  config::Inputs inputs = {};
};

// A configuration that is ready to be served: the snapshot, the secrets that it names, and what the proxy
// makes of both. Made on any thread, since that takes its time; immutable, shared by the control thread's
// parts.
struct Configuration {
  ConfigSource source;
  std::shared_ptr<const model::Snapshot> snapshot;
  std::string hash;
  std::string json;   // the effective configuration, without secrets
  std::string token;  // of the admin API; empty: none
  proxy::NodeNames node;
  std::shared_ptr<const sticky::Keys> keys;  // of cookies; null: nothing is sticky
  ServedTls tls;
  std::map<std::string, std::shared_ptr<const proxy::ListenerSettings>, std::less<>> listeners;
  proxy::GroupSettingsByName groups;
  std::set<std::string, std::less<>> used_groups;  // that a listener forwards to
};

// What is as `running` has it (null: there is none) is taken from there, keys without a file among it.
// Blocks: reads secret files, and those of TLS. The error says which cannot be read, or is of no use.
std::expected<std::shared_ptr<const Configuration>, StartError> make_configuration(
    model::Snapshot snapshot, ConfigSource source, const Configuration* running);

// By listener, one for each worker.
using Views = std::map<std::string, std::vector<std::unique_ptr<proxy::ListenerView>>, std::less<>>;

// Of the listeners that are new, or whose settings or groups have other settings than in `running` (null: all
// are new). Any thread.
Views make_views(const Configuration& next, const Configuration* running, observe::Registry& registry,
                 unsigned workers);

}  // namespace weir::server
