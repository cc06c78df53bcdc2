#include "lb/model/tls.h"

#include <algorithm>

namespace weir::model {

std::string_view word(Alpn alpn) { return alpn == Alpn::h2 ? "h2" : "http/1.1"; }

bool offers(const ListenerTls& tls, Alpn alpn) { return std::ranges::find(tls.alpn, alpn) != tls.alpn.end(); }

}  // namespace weir::model
