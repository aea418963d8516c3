#include "models/common/state_hash.hpp"

namespace weft {

StateHash::Value StateHash::value() const {
  const auto mix = [](std::uint64_t a, std::uint64_t b) {
    a = (a ^ b >> 32) * 0xD6E8FEB86659FD93u;
    a = (a ^ a >> 32) * 0xD6E8FEB86659FD93u;
    return (a ^ a >> 32) + b;
  };
  return {mix(lanes_[0] + count_, lanes_[1]) ^ lanes_[2] * 0x9E3779B97F4A7C15u,
          mix(lanes_[2] + count_, lanes_[3]) ^ lanes_[0] * 0xC2B2AE3D27D4EB4Fu};
}

}  // namespace weft
