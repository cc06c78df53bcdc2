#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/observe/access_line.h"

namespace weir::observe {

// Members of a JSON object in a line, by their keys, which are literals with the punctuation around them:
// ,"key": or, of a text, ,"key":"
class JsonMembers {
 public:
  explicit JsonMembers(AccessLine& line) : line_(line) {}

  template <Literal Key>
  [[gnu::always_inline]] void text(std::string_view value) {
    line_.literal<Key>();
    line_.escaped(value);
    line_.put('"');
  }
  template <Literal Key>
  [[gnu::always_inline]] void number(std::uint64_t value) {
    line_.literal<Key>();
    line_.number(value);
  }
  template <Literal Key>
  [[gnu::always_inline]] void seconds(base::Duration duration) {
    line_.literal<Key>();
    line_.seconds(duration);
  }

 private:
  AccessLine& line_;
};

}  // namespace weir::observe
