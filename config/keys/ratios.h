#pragma once

#include "config/keys/codec.h"

// Percentages and decimal fractions.
namespace weir::config {

// Whole percents within [least, most], as 50 or 50%. A number where the key's name says percent.
enum class PercentSign { written, implied };
Codec<std::uint32_t> percent(std::uint32_t least, std::uint32_t most,
                             PercentSign sign = PercentSign::implied);

// With a fraction, as 0.5%.
Codec<double> fractional_percent(double least, double most);

// Plain decimal digits with or without a point: 2 or 1.9.
Codec<double> fraction(double least, double most);

}  // namespace weir::config
