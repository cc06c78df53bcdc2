#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/base/address.h"
#include "lb/http/head.h"
#include "lb/routing/facts.h"

namespace weir::routing::test {

inline base::IpAddress address(std::string_view text) { return base::IpAddress::parse(text).value(); }

// A request as its reader would see it, whatever the bytes.
struct Request {
  std::string method = "GET";
  std::string authority = "example.com";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> fields = {};
  std::string from = "192.0.2.1";

  http::RequestHead head() const {
    http::RequestHead head;
    for (const auto& [name, value] : fields) head.fields.add(name, value);
    head.method_at = head.fields.append_bytes(method);
    head.target_at = head.fields.append_bytes(target);
    head.authority_at = head.fields.append_bytes(authority);
    return head;
  }
};

// Facts of one request, with its head.
class Asked {
 public:
  explicit Asked(const Request& request) : head_(request.head()), facts_(1) {
    facts_.begin(head_, address(request.from));
  }
  Facts& facts() { return facts_; }

 private:
  http::RequestHead head_;
  Facts facts_;
};

}  // namespace weir::routing::test
