#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::bench {

// The cookies of one virtual user, kept as a browser would for one site (RFC 6265 5.3), without paths,
// domains and times: what a server sets is sent with every request until it is deleted (Max-Age of 0 or less,
// or a time of the past, which is recognised by the year 1970).
class CookieJar {
 public:
  static constexpr std::size_t kMost = 50;  // RFC 6265 6.1; the oldest goes

  // The value of a Set-Cookie field.
  void set(std::string_view set_cookie);
  // The value of the Cookie field; empty: none is sent.
  const std::string& value() const { return value_; }

 private:
  void write();

  std::vector<std::pair<std::string, std::string>> cookies_;
  std::string value_;
};

}  // namespace weir::bench
