#include "lb/proxy/passive.h"

namespace weir::proxy {

std::optional<health::PassiveKind> passive_kind(wire::Reason reason) {
  using wire::Reason;
  switch (reason) {
    case Reason::connect_refused:
    case Reason::connect_unreachable:
    case Reason::connect_timeout:
    case Reason::connect_failed:
    case Reason::target_tls:
    case Reason::target_certificate:
    case Reason::target_reset:
    case Reason::target_closed:
    case Reason::target_stream_reset:
    case Reason::response_timeout:
    case Reason::response_truncated:
    case Reason::response_idle_timeout: return health::PassiveKind::local;
    case Reason::response_malformed:
    case Reason::response_head_too_large:
    case Reason::unasked_upgrade: return health::PassiveKind::answered;
    default: return std::nullopt;
  }
}

}  // namespace weir::proxy
