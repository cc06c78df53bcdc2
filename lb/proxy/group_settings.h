#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "lb/model/target_group.h"
#include "lb/net/proxy_header.h"
#include "lb/net/tls_client_context.h"
#include "lb/proxy/session.h"
#include "lb/wire/http1_client.h"
#include "lb/wire/http2_policy.h"

namespace weir::proxy {

// A target group without its targets: its settings and what follows from them, the same for all workers.
// Immutable; whoever acts by them keeps them.
struct GroupSettings {
  // `its_tls`: of groups with TLS, made of the files that they name.
  explicit GroupSettings(const model::TargetGroup& group,
                         std::shared_ptr<const net::TlsClientContext> its_tls = nullptr);
  ~GroupSettings() = default;
  GroupSettings(const GroupSettings&) = delete;
  GroupSettings& operator=(const GroupSettings&) = delete;

  // The traffic is TLS.
  bool encrypts() const { return tls != nullptr && model.protocol == model::Protocol::https; }
  // Of the header that connections to the targets begin with; absent: none.
  std::optional<net::ProxyVersion> proxy_version() const;

  const model::TargetGroup model;  // its lists of targets are empty
  const wire::ClientPolicy policy;
  const wire::Http2Policy http2;                           // where the model has it
  const std::shared_ptr<const net::TlsClientContext> tls;  // of the traffic and of checks; null: none has it
  const std::optional<Stickiness> stickiness;              // to the targets; absent: off
};

// Whether the connections of one serve the other as well: they speak TLS and HTTP alike, and begin alike.
bool same_connections(const GroupSettings& one, const GroupSettings& other);

using GroupSettingsByName = std::map<std::string, std::shared_ptr<const GroupSettings>, std::less<>>;

}  // namespace weir::proxy
