// What decides when a unit acts. What follows from shapes, or from a mask that is known beforehand,
// recurs, and whole periods of it can be advanced over. What depends on values or on chance cannot:
// it is stepped, with all that stands beside it.
#pragma once

#include <cstdint>

namespace weft::sim {

enum class TimingDependsOn : std::uint8_t { shape, mask, values, random };

constexpr bool recurs(TimingDependsOn on) {
  return on == TimingDependsOn::shape || on == TimingDependsOn::mask;
}

}  // namespace weft::sim
