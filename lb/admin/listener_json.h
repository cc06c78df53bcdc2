#pragma once

#include <nlohmann/json.hpp>

#include <span>

#include "lb/admin/state.h"
#include "lb/observe/totals.h"

namespace weir::admin {

// A listener as /api/v1/status tells of it. `certificates`: of all listeners.
nlohmann::ordered_json json_of(const BoundListener& bound, Phase phase, const observe::ListenerTotal& total,
                               std::span<const ServedCertificate> certificates, base::WallTime now);

}  // namespace weir::admin
