#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lb/admin/group_status.h"
#include "lb/base/address.h"
#include "lb/observe/group_facts.h"

namespace weir::admin {

// Why an operation was not done: an HTTP status with its sentence.
struct Refusal {
  unsigned status = 409;
  std::string detail;
};

// A request of which is asked what becomes of it.
struct ExplainOrder {
  std::string url = {};
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string from = "127.0.0.1";
  std::string listener = {};  // empty: the one that the URL says
};

// What is absent stays as it is; of a new target: no zone, weight 1, no limit, and its address as its id.
struct Registration {
  base::SocketAddress address;
  std::optional<std::string> zone = {};
  std::optional<std::uint32_t> weight = {};
  std::optional<std::uint32_t> max_requests = {};
  std::optional<std::string> id = {};
};

// What the admin API may ask of the daemon and do to it. On the control thread.
class Operations {
 public:
  // With the last `probes` of each target, of at most 20.
  virtual std::vector<GroupStatus> groups(std::size_t probes) const = 0;
  // The same without the targets.
  virtual std::vector<GroupStatus> summaries() const = 0;
  // With all its probes; `target` is an address or an id.
  virtual std::optional<TargetStatus> target(const std::string& group, const std::string& target) const = 0;
  virtual std::vector<ZoneShift> shifts() const = 0;
  // For a scrape.
  virtual observe::GroupFacts facts() const = 0;
  // Those with a number above `after`, oldest first; a thousand are kept, see EventMemory.
  virtual std::vector<Event> events(std::uint64_t after) const = 0;

  using Done = std::expected<void, Refusal>;
  // True: it is new; false: it was there and has been changed.
  virtual std::expected<bool, Refusal> register_target(const std::string& group, const Registration&) = 0;
  // `target` is an address or an id.
  virtual Done deregister_target(const std::string& group, const std::string& target) = 0;
  virtual Done drain(const std::string& group, const std::string& target) = 0;
  virtual Done undrain(const std::string& group, const std::string& target) = 0;
  virtual Done shift(const std::string& zone, base::Duration time, const std::string& reason, bool force) = 0;
  virtual Done unshift(const std::string& zone) = 0;

 protected:
  ~Operations() = default;
};

}  // namespace weir::admin
