// Fields of a Verilated port, whatever its width; and the reset that units with assertions want.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace weft::test {

constexpr std::uint64_t low_bits(std::size_t width) {
  return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

// Bits `low` to `low + width - 1`; at most 64 of them.
template <class Port>
std::uint64_t port_bits(const Port& port, std::size_t low, std::size_t width) {
  if constexpr (std::is_integral_v<Port>) {
    return (static_cast<std::uint64_t>(port) >> low) & low_bits(width);
  } else {
    std::uint64_t value = 0;
    for (std::size_t done = 0; done < width;) {
      const std::size_t at = low + done;
      value |= static_cast<std::uint64_t>(port.at(at / 32) >> (at % 32)) << done;
      done += 32 - at % 32;
    }
    return value & low_bits(width);
  }
}

template <class Port>
void set_port_bits(Port& port, std::size_t low, std::size_t width, std::uint64_t value) {
  if constexpr (std::is_integral_v<Port>) {
    const std::uint64_t mask = low_bits(width) << low;
    port = static_cast<Port>((static_cast<std::uint64_t>(port) & ~mask) | ((value << low) & mask));
  } else {
    for (std::size_t done = 0; done < width;) {
      const std::size_t at = low + done;
      const std::size_t count = 32 - at % 32 < width - done ? 32 - at % 32 : width - done;
      const auto mask = static_cast<std::uint32_t>(low_bits(count) << (at % 32));
      port.at(at / 32) = (port.at(at / 32) & ~mask) |
                         (static_cast<std::uint32_t>((value >> done) << (at % 32)) & mask);
      done += count;
    }
  }
}

// Asynchronous as it is, a reset lasts over a clock edge here: Verilator looks at `disable iff` at
// clock edges only, so an assertion that compares with the cycle before would otherwise compare
// with the time before the reset.
template <class Bench>
void pulse_reset(Bench& bench) {
  bench->clk_i = 0;
  bench->rst_ni = 0;
  bench.settle();
  bench.tick();
  bench.settle();
  bench->rst_ni = 1;
  bench.settle();
}

}  // namespace weft::test
