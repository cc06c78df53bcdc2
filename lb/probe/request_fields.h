#pragma once

#include "lb/base/address.h"
#include "lb/http/head.h"
#include "lb/model/health_check.h"

namespace weir::probe {

// The fields of a check's request: Host (the target's address where the check has none), User-Agent, and the
// check's own, which take the place of these. Connection is left out: a probe's connection is never kept.
http::FieldList request_fields(const model::HealthCheck& check, const base::SocketAddress& address);

}  // namespace weir::probe
