#include "lb/model/protocol.h"

namespace weir::model {

std::string_view word(SentProxyHeader header) {
  switch (header) {
    case SentProxyHeader::off: break;
    case SentProxyHeader::v1: return "v1";
    case SentProxyHeader::v2: return "v2";
  }
  return "off";
}

}  // namespace weir::model
