#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lb/observe/access_record.h"

namespace weir::observe {

// What log.redact says: the names of query parameters and headers whose values are not written. Case does not
// matter; the name of a parameter is what it is once decoded, and for some servers what stands before its
// `[`. Immutable, any thread.
class Redaction {
 public:
  static constexpr std::string_view kInstead = "REDACTED";

  explicit Redaction(const std::vector<std::string>& names = {});

  bool empty() const { return names_.empty(); }

  // Puts views of `scratch` in place of what is not to be written. Headers are for of_header().
  void apply(AccessRecord& record, std::string (&scratch)[2]) const;
  // A value as it may be written.
  std::string of_header(std::string_view name, std::string_view value) const;
  // A URL, or what begins with a path or query, with other values in it.
  std::string of_url(std::string_view url) const;

 private:
  void apply_to_target(AccessRecord& record, std::string& scratch) const;
  bool names(std::string_view name) const;
  bool names_parameter(std::string_view encoded) const;

  std::vector<std::string> names_;  // lower case, in order
};

}  // namespace weir::observe
