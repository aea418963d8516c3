// The libraries of the SpAtten engine: one a scale, each that of a design.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/rtl/engine_library.hpp"

namespace weft::sim::rtl {

// A scale of the engine: its design, configs/design/<name>.yaml, and the multipliers of either
// array, by which libraries are told apart.
struct SpattenScale {
  std::string_view design;
  std::int64_t multipliers = 0;
};
inline constexpr std::array<SpattenScale, 3> kSpattenScales{
    {{"spatten-rtl-smallest", 16}, {"spatten-rtl-double", 32}, {"spatten-rtl-eighth", 64}}};
// The scale of a design or of so many multipliers; nullptr where there is none.
const SpattenScale* spatten_scale_of(std::string_view design);
const SpattenScale* spatten_scale_of(std::int64_t multipliers);
std::vector<std::string> spatten_designs();

// Parameters of the RTL; names as in rtl/engine/weft_spatten.sv.
struct SpattenParameters {
  std::int64_t multipliers = 0;  // of either array, and elements of a word
  std::int64_t parts = 0;        // most words of a row
  std::int64_t keys = 0;         // most tokens
  std::int64_t heads = 0;
  std::int64_t slots = 0;      // queries at once
  std::int64_t bits = 0;       // of an element
  std::int64_t channels = 0;   // of memory
  std::int64_t addresses = 0;  // asked for in a cycle
};
// ConfigError where the library lacks one.
SpattenParameters spatten_parameters_of(const Library& library);

std::shared_ptr<const Library> spatten_library(const SpattenScale& scale,
                                               Variant variant = Variant::checked);

}  // namespace weft::sim::rtl
