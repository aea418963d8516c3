// Byte offsets and bits of the engine's registers: docs/units/engine/fusemax.md.
#pragma once

#include <cstdint>

namespace weft::sim::rtl::registers {

inline constexpr std::uint32_t kControl = 0x008;
inline constexpr std::uint32_t kStatus = 0x00C;
inline constexpr std::uint32_t kSeqQ = 0x010;
inline constexpr std::uint32_t kSeqKv = 0x014;
inline constexpr std::uint32_t kWidthQk = 0x018;
inline constexpr std::uint32_t kWidthV = 0x01C;
inline constexpr std::uint32_t kHeads = 0x020;
inline constexpr std::uint32_t kGroup = 0x024;
inline constexpr std::uint32_t kFlags = 0x028;
inline constexpr std::uint32_t kBlockTiles = 0x02C;
inline constexpr std::uint32_t kScaleLog2e = 0x030;
inline constexpr std::uint32_t kBases =
    0x040;  // of Q, K, V and the output: lower and upper half of each
inline constexpr std::uint32_t kHeadBytes = 0x060;  // of Q, K, V and the output
inline constexpr std::uint32_t kCounters = 0x100;

inline constexpr std::int64_t kStart = 1;  // of control
inline constexpr std::int64_t kInterruptEnable = 2;
inline constexpr std::uint32_t kDone = 2;  // of status
inline constexpr std::uint32_t kError = 4;

}  // namespace weft::sim::rtl::registers
