// How many bits something takes, while compiling.
#pragma once

namespace weft::hls {

// ⌈log₂ kCount⌉, of 1 on.
template <int kCount>
inline constexpr int kLog2Up = 1 + kLog2Up<(kCount + 1) / 2>;
template <>
inline constexpr int kLog2Up<1> = 0;

// What holds 0 to kMost, of 1 on.
template <int kMost>
inline constexpr int kBitsFor = kLog2Up<kMost + 1>;

}  // namespace weft::hls
