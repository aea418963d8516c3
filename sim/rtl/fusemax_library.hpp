// The libraries of the FuseMax engine: found by side.
#pragma once

#include <cstdint>
#include <memory>

#include "sim/rtl/engine_library.hpp"

namespace weft::sim::rtl {

inline constexpr std::int64_t kLeastSide = 4;
inline constexpr std::int64_t kMostSide = 256;

// Parameters of the RTL; names as in rtl/engine/weft_fusemax.sv.
struct Parameters {
  std::int64_t side = 0;
  std::int64_t contexts = 0;
  std::int64_t max_width = 0;
  std::int64_t divide_stages = 0;
  std::int64_t outstanding = 0;
  std::int64_t buffer_bytes = 0;
  std::int64_t beat_bytes = 0;  // bytes of AXI data
};
// ConfigError where the library lacks one.
Parameters parameters_of(const Library& library);

// engine_of_size(); ConfigError too where no array of that side can be built.
std::shared_ptr<const Library> fusemax_of_side(std::int64_t side,
                                               Variant variant = Variant::checked);

}  // namespace weft::sim::rtl
