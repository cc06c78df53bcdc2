#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/finding.h"
#include "config/tls_files.h"
#include "lb/admin/listener_facts.h"
#include "lb/net/tls_server_context.h"
#include "lb/observe/metrics.h"
#include "lb/server/start_error.h"
#include "lb/server/target_tls.h"

// The TLS of listeners and of target groups, from the files that the configuration names.
namespace weir::server {

// What a configuration serves TLS with. Immutable, but for the keys, which turn.
struct ServedTls {
  config::TlsFileHashes files;  // as they were read
  std::map<std::string, std::shared_ptr<const net::TlsServerContext>, std::less<>> contexts;  // by listener
  TargetContexts targets = {};
  std::shared_ptr<net::TlsTicketKeys> ticket_keys;          // of listeners that have no file of them
  std::vector<admin::ServedCertificate> certificates = {};  // of all listeners
  std::vector<observe::CertificateFact> certificates_of_groups = {};  // that are shown to targets
};

// Reads the files, which blocks. Of `running` (null: there is none) is kept what the listener or group and
// its files are as before for. The error is the first that makes one of them impossible.
std::expected<ServedTls, StartError> served_tls(const model::Snapshot& snapshot,
                                                const model::Snapshot* before, const ServedTls* running);

// How much may be wrong with what the files hold.
struct TlsTolerance {
  bool wrong_time = false;                        // a certificate or revocation list need not be valid now
  const config::TlsFileHashes* served = nullptr;  // what is served already may have any fault
};

// What is wrong with the files: errors, or warnings where it is tolerated. Reads them, which blocks.
config::Diagnostics tls_findings(const config::Loaded& loaded, const TlsTolerance& tolerance = {});

}  // namespace weir::server
