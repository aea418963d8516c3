// What a class of timed units is called and what it counts. A counter is declared once: JSON,
// steady-state advance, energy and, later, RTL registers read the declaration. The set of classes
// is open: whoever has units of another class declares it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace weft {

// How the counts of two stretches of a run make that of both.
enum class Merge : std::uint8_t { sum, most };

struct CounterDeclaration {
  std::string_view name;
  std::string_view unit;
  std::string_view description;
  Merge merges = Merge::sum;
};

inline constexpr std::size_t kMostCounters = 10;  // of one class
using Counters = std::array<std::uint64_t, kMostCounters>;

struct UnitClass {
  std::string_view name;
  std::span<const CounterDeclaration> counters{};
};

// What one unit counted. busy + stall_in + stall_out never exceed the run's cycles; the rest is
// idle.
struct UnitCounts {
  std::uint64_t busy_cycles = 0;
  std::uint64_t stall_in_cycles = 0;   // had work, waited for operands
  std::uint64_t stall_out_cycles = 0;  // had work, waited for room
  Counters counters{};                 // in the order of the class's declarations
};

}  // namespace weft
