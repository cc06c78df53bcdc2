#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lb/admin/client.h"

// The requests of the commands that ask a running daemon: method, path and body; address and token are for
// the caller to add. Names and texts may be anything.
namespace weir::admin {

struct RegisterOptions {
  std::string group;
  std::string target;
  std::string zone;                           // empty: none
  std::optional<std::uint32_t> weight;        // absent: the daemon's default
  std::optional<std::uint32_t> max_requests;  // absent: no limit
  std::string id;                             // empty: the address
};

struct ShiftOptions {
  std::string zone;
  std::string time;  // "30m"
  std::string reason;
  bool force = false;
};

Call register_call(const RegisterOptions& options);
Call deregister_call(const std::string& group, const std::string& target);
Call drain_call(const std::string& group, const std::string& target);
Call undrain_call(const std::string& group, const std::string& target);
Call shift_call(const ShiftOptions& options);
Call unshift_call(const std::string& zone);

// `group` is empty for all of them; `probes` is how many are told of each target.
Call targets_call(const std::string& group, unsigned probes);
// From the event with the number `after` on; absent: from now on.
Call events_call(std::optional<std::uint64_t> after);

}  // namespace weir::admin
