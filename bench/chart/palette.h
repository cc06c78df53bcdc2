#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace weir::bench::chart {

// Colors that people with any kind of color vision can tell apart (after Okabe and Ito), dark enough on
// white. The first is for what the picture is about.
constexpr std::array<std::string_view, 10> kPalette{"#0060a8", "#d55e00", "#008c6a", "#b0568c", "#8a6d00",
                                                    "#3d9bd0", "#7a4fb5", "#5d6b78", "#a02c2c", "#2f7d32"};

constexpr std::string_view color_of(std::size_t series) { return kPalette[series % kPalette.size()]; }

constexpr std::string_view kInk = "#1c2733";
constexpr std::string_view kFaintInk = "#66727f";
constexpr std::string_view kGrid = "#e3e8ed";

}  // namespace weir::bench::chart
