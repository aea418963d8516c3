#include "sim/rtl/fusemax_library.hpp"

#include <fmt/format.h>

#include "models/common/error.hpp"

namespace weft::sim::rtl {

Parameters parameters_of(const Library& library) {
  const auto value = [&](const char* name) {
    return static_cast<std::int64_t>(library.parameter(name));
  };
  return {.side = value("side"),
          .contexts = value("contexts"),
          .max_width = value("max_width"),
          .divide_stages = value("divide_stages"),
          .outstanding = value("outstanding"),
          .buffer_bytes = value("buffer_bytes"),
          .beat_bytes = library.memory_of("axi").data_bits / 8};
}

std::shared_ptr<const Library> fusemax_of_side(std::int64_t side, Variant variant) {
  if (side < kLeastSide || side > kMostSide) {
    throw ConfigError(
        Problem{{"--fidelity rtl", 0, 0},
                "side",
                std::to_string(side),
                fmt::format("the RTL has sides from {} to {}", kLeastSide, kMostSide)});
  }
  return engine_of_size(fusemax_kind(), side, variant);
}

}  // namespace weft::sim::rtl
