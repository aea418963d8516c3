// The published sweep of FuseMax over sides of its arrays: time and area at 256K tokens, 64
// sequences at once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "models/evaluation/fusemax/model.hpp"
#include "models/evaluation/fusemax/rule_costs.hpp"

namespace weft::evaluation {

inline constexpr std::array<std::int64_t, 6> kParetoSides{16, 32, 64, 128, 256, 512};
inline constexpr std::int64_t kParetoLength = std::int64_t{1} << 18;

struct ParetoResult {
  std::int64_t side = 0;
  std::int64_t buffer_bytes = 0;
  double traffic_bytes = 0;
  double memory_s = 0;
  double compute_2d_s = 0;
  double compute_1d_s = 0;
  double latency_s = 0;
  double array_2d_um2 = 0;
  std::optional<double>
      area_um2{};  // of arrays and buffer; absent where the costs have no area of such a buffer
};

// The buffer is the least of 16·side·E·2^i bytes with which the memory is no slower than the 1D
// array. ConfigError where the side does not divide 256K, is below 16, or no buffer makes the
// memory fast enough.
ParetoResult evaluate_pareto(std::int64_t side, const Model& model, const RuleCosts& costs);

}  // namespace weft::evaluation
