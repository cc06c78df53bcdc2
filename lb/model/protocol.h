#pragma once

namespace weir::model {

// What clients speak to a listener, or weir to the targets of a group. https is http over TLS; which version
// of HTTP it is, is settled on the connection.
enum class Protocol { http, https };

}  // namespace weir::model
