#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lb/base/clock.h"
#include "lb/model/snapshot.h"
#include "lb/net/tls_certificates.h"
#include "lb/proxy/group_view.h"
#include "lb/sticky/keys.h"

// What a dry run works with: values and copies, so that nothing of a running daemon changes.
namespace weir::explain {

// What an operator knows of a target beside its settings.
struct KnownTarget {
  std::string state;   // as `weir targets` has it; of a file alone "not checked" or "not looked up"
  std::string reason;  // a code such as ALB's; empty: none
  std::string detail;  // in words; empty: none
  std::optional<base::WallTime> until = {};  // the end of an ejection or a drain
  bool zone_shifted = false;
};

struct KnownGroup {
  proxy::GroupView view;             // its states are copies: nobody else counts there
  std::vector<KnownTarget> targets;  // by slot, as the view's members
};

// A group as the file describes it: every target is trusted. A name stands for one target without an address.
KnownGroup group_of_file(const model::TargetGroup& group, const std::string& own_zone);

// A member of none: for groups that a question has nothing to do with.
KnownGroup empty_group(const model::TargetGroup& group);

// The addresses of a listener as they were really bound.
struct Bound {
  std::string listener;
  std::vector<base::SocketAddress> addresses;
};

// All that is asked about. `group` gives copies, each time anew.
struct World {
  std::string origin;  // "weir.yaml" or "the running weir": for people to read
  bool live = false;
  std::shared_ptr<const model::Snapshot> snapshot;
  std::vector<Bound> bound;
  std::function<KnownGroup(const model::TargetGroup& group)> group;
  std::shared_ptr<const sticky::Keys> keys = {};
  std::string keys_error = {};  // why there are none
  std::string via_token = {};
  // Of a listener with TLS; null: they are not known. Empty: nobody asked.
  std::function<const net::TlsCertificates*(const std::string& listener)> certificates = {};
  std::string certificates_error = {};  // why they are not
};

// Those of the world, or if there are none new ones: then no cookie opens, and all else is as it is.
std::shared_ptr<const sticky::Keys> keys_or_new(const std::shared_ptr<const sticky::Keys>& keys);

// Of a file. Its listeners are bound where it says so.
World world_of_file(std::shared_ptr<const model::Snapshot> snapshot, const std::string& file);

}  // namespace weir::explain
