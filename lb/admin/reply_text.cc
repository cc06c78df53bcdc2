#include "lb/admin/reply_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace weir::admin {

std::string refusal_text(const Reply& reply, const std::string& address) {
  if (reply.status == 401) return address + " wants its token: give --token-file FILE";
  const auto document = nlohmann::json::parse(reply.body, nullptr, false);
  if (document.is_object()) {
    const auto detail = document.find("detail");
    if (detail != document.end() && detail->is_string()) return detail->get<std::string>();
  }
  return fmt::format("{} answers {}", address, reply.status);
}

}  // namespace weir::admin
