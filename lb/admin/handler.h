#pragma once

#include "lb/admin/gate.h"
#include "lb/admin/message.h"
#include "lb/admin/state.h"

namespace weir::admin {

// Answers one request of the admin API. Pure but for /proc, which the metrics and the status read. HEAD is
// answered like GET; whoever sends the answer leaves the body out. An answer that has a source refers to
// `state`.
Response handle(const Request& request, const State& state, const Gate& gate, base::WallTime now);

}  // namespace weir::admin
