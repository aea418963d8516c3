#include "sim/rtl/spatten_library.hpp"

namespace weft::sim::rtl {

SpattenParameters spatten_parameters_of(const Library& library) {
  const auto value = [&](const char* name) {
    return static_cast<std::int64_t>(library.parameter(name));
  };
  return {.multipliers = value("multipliers"),
          .parts = value("parts"),
          .keys = value("keys"),
          .heads = value("heads"),
          .slots = value("slots"),
          .bits = value("bits")};
}

std::shared_ptr<const Library> spatten_library(Variant variant) {
  return engine_of_size(spatten_kind(), kSpattenMultipliers, variant);
}

}  // namespace weft::sim::rtl
