#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/e2e/fleet.h"

// A daemon that is reloaded, or upgraded, under clients of all kinds.
namespace weir::e2e {

// What of a configuration changes from one to the next.
struct Edit {
  int number = 0;           // of a part that no client has to do with
  std::size_t targets = 3;  // that group `app` has, of four
  bool rule = false;        // before those of `web`
  std::string stickiness_ttl = "1d";
};

// Groups `app` and `shop` of the same four targets, where clients of `shop` stick to them, each behind a
// listener of its own, and a part that nobody uses.
std::string scene_yaml(const Fleet& fleet, const Edit& edit, const std::string& process = "watch: off");

// Clients that run until the report is asked for; see traffic.py.
class Traffic {
 public:
  explicit Traffic(const Daemon& weir);
  Json report();

 private:
  Process process_;
};

// The file of a daemon says something else from now on.
void edit(const Daemon& weir, const std::string& yaml);
// It is gone over to: the report.
Json applied(const Daemon& weir);
// The answer to POST /api/v1/reload.
Answer reload(const Daemon& weir, const std::string& body = "");
void write_file(const std::string& path, const std::string& text);

// The counters that have become less, or have gone.
std::vector<std::string> gone_back(const Metrics& before, const Metrics& after);

// No request failed, no WebSocket was closed, no user moved, and there were some of each kind.
void check_unharmed(const Json& report);

}  // namespace weir::e2e
