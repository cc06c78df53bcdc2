#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lb/http/head.h"

// The head of a request as the parser would make it of these.
inline weir::http::RequestHead request_head(
    weir::http::Method method, const std::string& target, const std::string& host,
    const std::vector<std::pair<std::string, std::string>>& fields = {}) {
  weir::http::RequestHead head;
  head.method = method;
  head.target_at = head.fields.append_bytes(target);
  head.authority_at = head.fields.append_bytes(host);
  for (const auto& [name, value] : fields) head.fields.add(name, value);
  return head;
}
