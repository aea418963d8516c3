// flat: three passes fused by rows or heads, with a published mapping for each length.
#include <fmt/format.h>

#include <algorithm>

#include "models/common/error.hpp"
#include "models/evaluation/fusemax/rule_parts.hpp"

namespace weft::evaluation {
namespace {

// How often each tensor goes through the array, and thus to or from memory where it is off chip.
struct Repeats {
  double q = 1, k = 1, v = 1, av = 1;
};

std::int64_t fused_rows(const FlatMapping& mapping, const Sizes& sizes) {
  const std::int64_t rows = mapping.by_rows ? mapping.rows : sizes.length;
  if (rows < 1 || sizes.length % rows != 0) {
    throw ConfigError(Problem{
        {}, "P1", std::to_string(rows), fmt::format("must divide the length {}", sizes.length)});
  }
  return rows;
}

Repeats repeats_of(const FlatMapping& mapping, const Sizes& sizes) {
  const double tiles = static_cast<double>(sizes.length) / static_cast<double>(sizes.side);
  const double groups = static_cast<double>(sizes.length / fused_rows(mapping, sizes));  // P2
  Repeats repeats;
  repeats.q = tiles;
  repeats.k = mapping.qk_weight_stationary ? groups : tiles;
  repeats.v = mapping.av_weight_stationary ? groups : tiles;
  repeats.av = mapping.av_weight_stationary ? tiles : 1;
  return repeats;
}

double words_of(const FlatMapping& mapping, const Sizes& sizes, const Repeats& repeats) {
  const auto operand = static_cast<double>(sizes.operand);
  const double spilled = mapping.spilled;
  const auto words = [&](bool on_chip, double times) {
    return operand * (on_chip ? (1 - spilled) + spilled * times : times);
  };
  const double operands =
      words(mapping.q_on_chip, repeats.q) + words(mapping.k_on_chip, repeats.k) +
      words(mapping.v_on_chip, repeats.v) + words(mapping.av_on_chip, repeats.av);
  // On chip, what spills of QK (written, read twice), SN and A (written, read); off chip, QK and A,
  // of which SN is none.
  return operands + (mapping.scores_on_chip ? 7 * spilled : 4) * static_cast<double>(sizes.scores);
}

void count_buffer(Counts& counts, const FlatMapping& mapping, const Sizes& sizes,
                  const Repeats& repeats, const Mends& mends) {
  const auto operand = static_cast<double>(sizes.operand);
  const auto scores = static_cast<double>(sizes.scores);
  const std::int64_t rows = fused_rows(mapping, sizes);
  const auto read_operand = [&](bool on_chip, double times) {
    counts.buffer_reads += on_chip ? operand * times : 0;
    counts.buffer_writes += on_chip ? operand : 0;
  };
  read_operand(mapping.q_on_chip, repeats.q);
  read_operand(mapping.k_on_chip, repeats.k);
  read_operand(mapping.v_on_chip, repeats.v);
  if (mapping.av_on_chip) {
    counts.buffer_writes += operand * repeats.av;
    counts.buffer_reads +=
        operand * (repeats.av - 1) + lost_reads(sizes.operand, rows * sizes.width, mends);
  }
  if (mapping.scores_on_chip) {
    counts.buffer_writes += scores;
    counts.buffer_reads += scores + lost_reads(sizes.scores, rows * sizes.length, mends);
  }
}

// Cycles of QK, or of AV. Where weights are stationary, only E of the columns work, as published.
double product_cycles(bool weight_stationary, const Sizes& sizes) {
  const double rows = static_cast<double>(sizes.scores) / static_cast<double>(sizes.side);
  return weight_stationary
             ? rows
             : rows * static_cast<double>(sizes.width) / static_cast<double>(sizes.side);
}

}  // namespace

AttentionResult evaluate_flat(const Sizes& sizes, const FlatMapping& mapping,
                              const AttentionRules& rules) {
  const Repeats repeats = repeats_of(mapping, sizes);
  Counts counts;
  counts.dram = words_of(mapping, sizes, repeats);
  counts.macs = 2 * static_cast<double>(sizes.width) * static_cast<double>(sizes.scores);
  add_three_pass_softmax(counts, sizes, mapping.scores_on_chip, rules.mends);
  count_buffer(counts, mapping, sizes, repeats, rules.mends);

  AttentionResult result;
  result.traffic_bytes = counts.dram * kWordBytes;
  const double memory_s = memory_seconds(counts.dram);
  const double array_2d_s = seconds(product_cycles(mapping.qk_weight_stationary, sizes) +
                                    product_cycles(mapping.av_weight_stationary, sizes));
  const double array_1d_s = seconds(three_pass_softmax_cycles(sizes));
  result.latency_s = std::max({memory_s, array_2d_s, array_1d_s});
  result.bound = memory_s == result.latency_s     ? Bound::memory
                 : array_2d_s == result.latency_s ? Bound::array_2d
                                                  : Bound::array_1d;
  const double product = seconds(product_cycles(false, sizes)) / result.latency_s;
  result.einsums.qk = product;
  result.einsums.av = product;
  result.utilisation_2d = 2 * product;
  result.utilisation_1d = array_1d_s / result.latency_s;
  result.energy = energy_of(counts, rules.costs.buffer_32_mib, rules.costs, rules.mends);
  result.energy_pj = result.energy.total();
  return result;
}

}  // namespace weft::evaluation
