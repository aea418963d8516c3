#include "models/evaluation/fusemax/rule_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/common/error.hpp"

namespace weft::evaluation {
namespace {

constexpr double kRegisterAccessesPerMac =
    3;  // reads, and as many writes: an estimate, see docs/units/rules.md

}  // namespace

Sizes sizes_of(const Model& model, std::int64_t length, std::int64_t side) {
  constexpr std::int64_t kMost = std::int64_t{1} << 22;  // products of sizes stay below 2^63
  if (length < side || length % side != 0 || length > kMost) {
    throw ConfigError(Problem{{},
                              "length",
                              std::to_string(length),
                              fmt::format("must be a multiple of {} from it to {}", side, kMost)});
  }
  if (model.heads < 1 || model.heads > 256 || model.width < 1 || model.width > 1024) {
    throw ConfigError(Problem{{},
                              "model",
                              fmt::format("{} heads of {}", model.heads, model.width),
                              "must be 1 to 256 heads of 1 to 1024"});
  }
  Sizes sizes{.length = length, .width = model.width, .side = side};
  sizes.columns = kBatch * model.heads * length;
  sizes.scores = sizes.columns * length;
  sizes.vectors = sizes.scores / side;
  sizes.tiles = sizes.vectors / side;
  sizes.operand = sizes.columns * sizes.width;
  return sizes;
}

EnergyParts energy_of(const Counts& counts, const BufferRowCosts& row, const RuleCosts& costs,
                      const Mends& mends) {
  EnergyParts energy;
  energy.macs = counts.macs * costs.mac_pj;
  energy.operations = counts.adds * costs.add_pj + counts.maxima * costs.max_pj +
                      counts.exps * costs.exp_pj + counts.divides * costs.divide_pj;
  energy.dram = counts.dram * costs.dram_word_pj;
  energy.buffer =
      (counts.buffer_reads * row.read_pj + counts.buffer_writes * row.write_pj) / kBufferRowWords;
  energy.registers = counts.staging_reads * costs.register_read_pj +
                     counts.staging_writes * costs.register_write_pj;
  if (mends.register_files_of_every_element) {
    energy.registers +=
        counts.macs * kRegisterAccessesPerMac * (costs.register_read_pj + costs.register_write_pj);
  }
  return energy;
}

double lost_reads(std::int64_t words, std::int64_t tile, const Mends& mends) {
  if (mends.no_overflow) return 0;
  const std::uint64_t product = static_cast<std::uint64_t>(words) *
                                static_cast<std::uint64_t>(tile);  // modulo 2^64, on purpose
  const bool whole =
      product / static_cast<std::uint64_t>(tile) == static_cast<std::uint64_t>(words);
  return whole ? 0
               : static_cast<double>(words) -
                     static_cast<double>(product) / static_cast<double>(tile);
}

void add_three_pass_softmax(Counts& counts, const Sizes& sizes, bool scores_on_chip,
                            const Mends& mends) {
  const auto scores = static_cast<double>(sizes.scores);
  const auto columns = static_cast<double>(sizes.columns);
  counts.maxima += scores;
  counts.adds += 2 * scores;
  counts.exps += scores;
  counts.divides += scores;
  // QK for the maximum, QK for the exp, SN for the divide; the sum over SN reads nothing, as
  // published.
  counts.buffer_reads += 3 * scores + 2 * columns;
  counts.buffer_reads += (scores_on_chip ? 2 : 1) * lost_reads(sizes.scores, sizes.length, mends);
  counts.buffer_writes += 2 * scores + 2 * columns;
}

double three_pass_softmax_cycles(const Sizes& sizes) {
  return 4.0 * static_cast<double>(sizes.scores) / static_cast<double>(sizes.side);
}

std::int64_t largest_divisor(std::int64_t of, std::int64_t at_most) {
  std::int64_t best = 0;
  for (std::int64_t low = 1; low * low <= of; ++low) {
    if (of % low != 0) continue;
    for (const std::int64_t divisor : {low, of / low}) {
      if (divisor <= at_most) best = std::max(best, divisor);
    }
  }
  return best;
}

}  // namespace weft::evaluation
