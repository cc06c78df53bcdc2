#include "lb/model/target_group.h"

#include <array>

namespace weir::model {

std::string_view word(Algorithm algorithm) {
  static constexpr std::array<std::string_view, 6> words = {
      "power_of_two", "round_robin", "least_outstanding", "random", "peak_ewma", "consistent_hash"};
  return words[static_cast<std::size_t>(algorithm)];
}

}  // namespace weir::model
