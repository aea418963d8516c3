#include "sim/rtl/spatten_library.hpp"

#include <algorithm>

namespace weft::sim::rtl {
namespace {

template <class Same>
const SpattenScale* find_scale(const Same& same) {
  const auto found = std::find_if(kSpattenScales.begin(), kSpattenScales.end(), same);
  return found == kSpattenScales.end() ? nullptr : &*found;
}

}  // namespace

const SpattenScale* spatten_scale_of(std::string_view design) {
  return find_scale([&](const SpattenScale& scale) { return scale.design == design; });
}

const SpattenScale* spatten_scale_of(std::int64_t multipliers) {
  return find_scale([&](const SpattenScale& scale) { return scale.multipliers == multipliers; });
}

std::vector<std::string> spatten_designs() {
  std::vector<std::string> names;
  for (const SpattenScale& scale : kSpattenScales) names.emplace_back(scale.design);
  return names;
}

SpattenParameters spatten_parameters_of(const Library& library) {
  const auto value = [&](const char* name) {
    return static_cast<std::int64_t>(library.parameter(name));
  };
  return {.multipliers = value("multipliers"),
          .parts = value("parts"),
          .keys = value("keys"),
          .heads = value("heads"),
          .slots = value("slots"),
          .bits = value("bits"),
          .channels = value("channels"),
          .addresses = value("addresses")};
}

std::shared_ptr<const Library> spatten_library(const SpattenScale& scale, Variant variant) {
  return engine_of_size(spatten_kind(), scale.multipliers, variant);
}

}  // namespace weft::sim::rtl
