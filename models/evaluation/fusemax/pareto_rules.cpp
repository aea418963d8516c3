#include "models/evaluation/fusemax/pareto_rules.hpp"

#include <algorithm>
#include <bit>

#include "models/common/error.hpp"
#include "models/evaluation/fusemax/one_pass.hpp"

namespace weft::evaluation {
namespace {

constexpr double kNetworkUm2PerColumn = 1;
constexpr double kOtherNetworksUm2 = 2;

double address_bits(std::int64_t depth) {
  return static_cast<double>(std::bit_width(static_cast<std::uint64_t>(depth - 1)));
}

double register_file_um2(std::int64_t depth, const RuleCosts& costs) {
  return costs.register_file_um2 + costs.address_bit_um2 * address_bits(depth);
}

// An element keeps four words a column of the head's width that it works on, a lane sixteen.
std::int64_t width_folds(const Sizes& sizes) {
  return std::max<std::int64_t>(1, sizes.side / sizes.width);
}

double array_2d_um2(const Sizes& sizes, const RuleCosts& costs) {
  const auto side = static_cast<double>(sizes.side);
  const double element =
      register_file_um2(4 * width_folds(sizes), costs) + costs.max_um2 + costs.mac_um2;
  return side * side * element + side * kNetworkUm2PerColumn;
}

double array_1d_um2(const Sizes& sizes, const RuleCosts& costs) {
  const double lane = register_file_um2(16 * width_folds(sizes), costs) + costs.max_um2 +
                      costs.mac_um2 + costs.divide_um2;
  return static_cast<double>(sizes.side) * lane;
}

std::optional<double> buffer_um2(const Sizes& sizes, std::int64_t bytes, const RuleCosts& costs) {
  const std::int64_t row_bytes = kWordBytes * sizes.side;
  for (const SramArea& sram : costs.srams) {
    if (sram.bytes == bytes && sram.row_bytes == row_bytes)
      return sram.um2 + costs.address_bit_um2 * address_bits(bytes / row_bytes);
  }
  return std::nullopt;
}

}  // namespace

ParetoResult evaluate_pareto(std::int64_t side, const Model& model, const RuleCosts& costs) {
  if (side < 16 || side > 4096 || kParetoLength % side != 0) {
    throw ConfigError(
        Problem{{}, "side", std::to_string(side), "must be a power of two from 16 to 4096"});
  }
  const Sizes sizes = sizes_of(model, kParetoLength, side);
  const OnePassCycles tile = one_pass_cycles(Config::binding, sizes);
  const auto tiles = static_cast<double>(sizes.tiles);
  ParetoResult result{.side = side};
  result.compute_2d_s = seconds(cycles_2d(Config::binding, tile) * tiles);
  result.compute_1d_s = seconds(cycles_1d(Config::binding, tile) * tiles);
  const std::int64_t least = 16 * side * sizes.width;
  const std::int64_t queries_of_a_head =
      kWordBytes * (2 * sizes.width + 2) * sizes.length;  // more buffer is of no use
  for (result.buffer_bytes = least;; result.buffer_bytes *= 2) {
    const double words =
        one_pass_words(sizes, tile_queries(sizes, result.buffer_bytes, 2 * sizes.width + 2));
    result.traffic_bytes = words * kWordBytes;
    result.memory_s = memory_seconds(words);
    if (result.memory_s <= result.compute_1d_s) break;
    if (result.buffer_bytes > 2 * queries_of_a_head) {
      throw ConfigError(Problem{
          {}, "side", std::to_string(side), "no buffer makes the memory as fast as the arrays"});
    }
  }
  result.latency_s = std::max(seconds(period_cycles(Config::binding, tile, sizes, Mends{}) * tiles),
                              result.memory_s);
  result.array_2d_um2 = array_2d_um2(sizes, costs);
  if (const auto buffer = buffer_um2(sizes, result.buffer_bytes, costs)) {
    result.area_um2 =
        result.array_2d_um2 + kOtherNetworksUm2 + *buffer + array_1d_um2(sizes, costs);
  }
  return result;
}

}  // namespace weft::evaluation
