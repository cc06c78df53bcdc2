#pragma once

#include <cstddef>
#include <string_view>

#include "lb/observe/counters.h"
#include "lb/wire/failure.h"

namespace weir::proxy {

// The words behind what the proxy counts, for the registry.
const observe::Vocabulary& vocabulary();

// The place of a failure in Vocabulary::errors: malformed messages count by what was wrong.
std::size_t error_index(const wire::Failure& failure);

// The place of a handshake in Vocabulary::tls_results: "full", "resumed", "timeout" or the word of a
// net::TlsFailure.
std::size_t tls_result_index(std::string_view result);
// And in Vocabulary::tls_versions: "TLSv1.2", "TLSv1.3"; anything else: none was agreed on.
std::size_t tls_version_index(std::string_view version);

}  // namespace weir::proxy
