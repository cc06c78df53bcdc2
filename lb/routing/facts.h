#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/base/address.h"
#include "lb/http/head.h"
#include "lb/routing/named_values.h"
#include "lb/routing/path.h"

namespace weir::routing {

// What rules ask of one request, worked out when it is first asked for and then kept. One for each thread,
// for one request after the other: the memory is kept, and a request of which only host, path and method are
// asked allocates nothing. The views live until the next begin().
class Facts {
 public:
  // The seed is random; see NamedValues.
  explicit Facts(std::uint64_t seed) : query_(seed), cookies_(seed) {}
  Facts(const Facts&) = delete;
  Facts& operator=(const Facts&) = delete;
  ~Facts() = default;

  // The request stays as and where it is while it is asked about.
  void begin(const http::RequestHead& request, const base::IpAddress& client);

  // The authority's, in lower case, without the port and a final dot; an IPv6 address has its brackets.
  std::string_view host() { return has_host_ ? host_ : find_host(); }
  // Normalised; see path.h.
  std::string_view path() { return has_path_ ? path_ : find_path(); }
  bool has_ambiguous_path() {
    return path().data() == path_storage_.data() && is_ambiguous_path(request_->target());
  }
  std::string_view method() const { return request_->method_text(); }
  const http::FieldList& fields() const { return request_->fields; }
  const base::IpAddress& client() const { return client_; }
  // Names in lower case; decoded.
  const NamedValues& query();
  const NamedValues& cookies();

 private:
  std::string_view find_host();
  std::string_view find_path();

  const http::RequestHead* request_ = nullptr;
  base::IpAddress client_;
  bool has_host_ = false;
  bool has_path_ = false;
  bool has_query_ = false;
  bool has_cookies_ = false;
  std::string_view host_;
  std::string_view path_;
  std::string host_storage_;
  std::string path_storage_;
  NamedValues query_;
  NamedValues cookies_;
};

}  // namespace weir::routing
