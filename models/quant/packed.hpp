// Integers side by side in bytes: element e in bits e·bits to (e + 1)·bits − 1, the least
// significant byte first. As rows lie in memory, and as buses bring them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

namespace weft::quant {

// The lowest `bits` (1 to 16) of each element; `bytes` holds them all, and what is beyond is 0.
inline void pack(std::span<const std::int16_t> elements, int bits, std::span<std::uint8_t> bytes) {
  std::uint32_t held = 0;  // bits that fill no byte yet
  int count = 0;
  std::size_t at = 0;
  for (const std::int16_t element : elements) {
    const std::uint32_t code = static_cast<std::uint16_t>(element) & ((1U << bits) - 1);
    held |= code << count;
    for (count += bits; count >= 8; count -= 8) {
      bytes[at++] = static_cast<std::uint8_t>(held);
      held >>= 8;
    }
  }
  if (count > 0) bytes[at++] = static_cast<std::uint8_t>(held);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), std::uint8_t{0});
}

}  // namespace weft::quant
