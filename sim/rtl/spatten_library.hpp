// The library of the SpAtten engine: of one size, that of one design.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "sim/rtl/engine_library.hpp"

namespace weft::sim::rtl {

inline constexpr std::string_view kSpattenDesign = "spatten-rtl-smallest";
inline constexpr std::int64_t kSpattenMultipliers = 16;

// Parameters of the RTL; names as in rtl/engine/weft_spatten.sv.
struct SpattenParameters {
  std::int64_t multipliers = 0;  // of either array, and elements of a word
  std::int64_t parts = 0;        // most words of a row
  std::int64_t keys = 0;         // most tokens
  std::int64_t heads = 0;
  std::int64_t slots = 0;  // queries at once
  std::int64_t bits = 0;   // of an element
};
// ConfigError where the library lacks one.
SpattenParameters spatten_parameters_of(const Library& library);

std::shared_ptr<const Library> spatten_library(Variant variant = Variant::checked);

}  // namespace weft::sim::rtl
