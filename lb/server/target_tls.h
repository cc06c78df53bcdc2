#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>

#include "config/tls_files.h"
#include "lb/model/snapshot.h"
#include "lb/net/tls_client_context.h"
#include "lb/server/start_error.h"

// How weir speaks TLS to the targets of its groups.
namespace weir::server {

// By target group.
using TargetContexts = std::map<std::string, std::shared_ptr<const net::TlsClientContext>, std::less<>>;

// What runs; null: nothing does.
struct TargetTlsBefore {
  const model::Snapshot* snapshot = nullptr;
  const TargetContexts* contexts = nullptr;
  const config::TlsFileHashes* files = nullptr;
};

// Of all groups with TLS, from files that have been read; the authorities of the system are read here, which
// blocks, when one of the groups needs new settings. What is as before stays, and connections with it: those
// authorities, too, as they were read. The error is the first.
std::expected<TargetContexts, StartError> target_contexts(const model::Snapshot& snapshot,
                                                          const config::TlsFiles& files,
                                                          const config::TlsFileHashes& hashes,
                                                          const TargetTlsBefore& before);

}  // namespace weir::server
