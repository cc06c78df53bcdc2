#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "lb/net/tls_finding.h"

namespace weir::net {

// What is wrong with the texts that a TlsTrust is made of, before the other side is refused for it. Pure.
// Errors are what leaves nobody, or nobody of a revocation list, to be trusted.
std::vector<TlsFinding> check_trust(std::string_view ca_pem, std::optional<std::string_view> crl_pem,
                                    std::chrono::sys_seconds now);

}  // namespace weir::net
