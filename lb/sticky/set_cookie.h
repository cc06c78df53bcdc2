#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "lb/http/head.h"
#include "lb/model/target_group.h"

namespace weir::sticky {

// How weir's cookie is set: NAME=value; Max-Age; Path=/; HttpOnly; SameSite; Secure (RFC 6265 4.1.1), all but
// the value written once. Max-Age alone: it wins over Expires (5.3), every browser since 2012 knows it, and
// it holds where the client's clock is wrong; ALB's Expires of seven days is from before. The CORS twin is
// the same value under another name, with SameSite=None: browsers send it across sites too. Immutable, any
// thread.
class SetCookie {
 public:
  explicit SetCookie(const model::Stickiness& settings);
  ~SetCookie() = default;
  SetCookie(const SetCookie&) = delete;
  SetCookie& operator=(const SetCookie&) = delete;

  std::string_view name() const { return views_[0]; }
  std::string_view twin_name() const { return views_[1]; }
  bool has_twin() const { return twin_; }
  // Both, whether there is a twin or not: what never goes to the target.
  std::span<const std::string_view> names() const { return views_; }

  // Adds the Set-Cookie field, or two with a twin. `by_tls`: the client came by TLS, or a trusted proxy says
  // so.
  void add_to(http::FieldList& response, std::string_view value, bool by_tls) const;

 private:
  void add(http::FieldList& response, std::string_view name, std::string_view value,
           std::string_view rest) const;

  std::string name_;       // NAME=
  std::string twin_name_;  // NAMECORS=
  std::string rest_by_tls_;
  std::string rest_in_clear_;
  std::string twin_rest_;
  bool twin_;
  std::array<std::string_view, 2> views_;
};

}  // namespace weir::sticky
