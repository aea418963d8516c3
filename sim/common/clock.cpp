#include "sim/common/clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/common/error.hpp"

namespace weft::sim {
namespace {

__extension__ using Wide = __int128;

// ⌊a · b / c⌋ of numbers that are not below zero.
std::int64_t scaled(std::int64_t a, std::int64_t b, std::int64_t c) {
  return static_cast<std::int64_t>(static_cast<Wide>(a) * b / c);
}

}  // namespace

// SystemC's resolution is a power of ten of seconds, from a femtosecond on.
Clock::Clock(double clock_hz) : own_(false) {
  const double ticks_per_s = std::round(1 / sc_core::sc_get_time_resolution().to_seconds());
  if (ticks_per_s < clock_hz) {
    throw ContractError(fmt::format(
        "a cycle of {:.4g} ns is shorter than SystemC's time resolution, {}: call "
        "sc_core::sc_set_time_resolution(1, sc_core::SC_PS) before any module or time is made",
        1e9 / clock_hz, sc_core::sc_get_time_resolution().to_string()));
  }
  const double scale = std::min(1e3, 1e18 / ticks_per_s);
  const auto ticks = static_cast<std::int64_t>(ticks_per_s * scale);
  const std::int64_t cycles = std::llround(clock_hz * scale);
  check(cycles > 0, "a clock and a time resolution that are too far apart");
  const std::int64_t common = std::gcd(ticks, cycles);
  ticks_ = ticks / common;
  cycles_ = cycles / common;
}

std::uint64_t Clock::tick_of(Cycle cycle) const {
  return static_cast<std::uint64_t>(scaled(cycle, ticks_, cycles_));
}

// The last cycle that begins in `tick` or before.
Cycle Clock::cycle_at(std::uint64_t tick) const {
  const Wide after = (static_cast<Wide>(tick) + 1) * cycles_;
  return static_cast<Cycle>((after - 1) / ticks_);
}

Cycle Clock::cycle_after(Cycle begun, const sc_core::sc_time& delay) const {
  const sc_core::sc_time taken = sc_core::sc_time_stamp() + delay - cycles(begun - skipped_);
  const Wide parts = static_cast<Wide>(taken.value()) * cycles_;
  return begun + static_cast<Cycle>((parts + ticks_ - 1) / ticks_);
}

}  // namespace weft::sim
