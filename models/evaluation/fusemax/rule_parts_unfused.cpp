// unfused: QK, softmax and AV one after another, with the scores in memory between them.
#include <algorithm>
#include <array>

#include "models/evaluation/fusemax/rule_parts.hpp"

namespace weft::evaluation {
namespace {

struct Phase {
  double compute_s = 0;
  double words = 0;
  Bound array = Bound::array_2d;
  double latency_s() const { return std::max(compute_s, memory_seconds(words)); }
};

// Times that K streams in QK, and V in AV. What a mapper chose at random, found by a fit to the
// published traffic.
double operand_repeats(const Sizes& sizes) {
  const std::int64_t keys_of_a_head = kWordBytes * sizes.length * sizes.width;
  return keys_of_a_head < kFlatBufferBytes ? 1 : static_cast<double>(sizes.width) / 8;
}

Counts unfused_counts(const Sizes& sizes, const std::array<Phase, 3>& phases, const Mends& mends) {
  const auto scores = static_cast<double>(sizes.scores);
  const auto operand = static_cast<double>(sizes.operand);
  const auto width = static_cast<double>(sizes.width);
  const auto side = static_cast<double>(sizes.side);
  Counts counts;
  for (const Phase& phase : phases) counts.dram += phase.words;
  counts.macs = 2 * width * scores;
  add_three_pass_softmax(counts, sizes, false, mends);
  // Q, K and V once a tile; partial sums of AV written and read once for each tile of keys. A and
  // QK bypass the buffer.
  counts.buffer_reads += 4 * scores * width / side - operand;
  counts.buffer_writes += scores * width / side + operand * (1 + 2 * operand_repeats(sizes));
  return counts;
}

}  // namespace

AttentionResult evaluate_unfused(const Sizes& sizes, const AttentionRules& rules) {
  const auto scores = static_cast<double>(sizes.scores);
  const double product_s = seconds(scores * static_cast<double>(sizes.width) /
                                   static_cast<double>(sizes.side * sizes.side));
  const double product_words =
      scores + static_cast<double>(sizes.operand) * (1 + operand_repeats(sizes));
  const Phase product{.compute_s = product_s, .words = product_words, .array = Bound::array_2d};
  const Phase softmax{.compute_s = seconds(three_pass_softmax_cycles(sizes)),
                      .words = 2 * scores,
                      .array = Bound::array_1d};
  const std::array<Phase, 3> phases{product, softmax, product};  // QK, softmax, AV

  AttentionResult result;
  const Phase* longest = &phases.front();
  for (const Phase& phase : phases) {
    result.latency_s += phase.latency_s();
    if (phase.latency_s() > longest->latency_s()) longest = &phase;
  }
  result.bound =
      memory_seconds(longest->words) > longest->compute_s ? Bound::memory : longest->array;
  const Counts counts = unfused_counts(sizes, phases, rules.mends);
  result.traffic_bytes = counts.dram * kWordBytes;
  result.utilisation_2d = 2 * product.compute_s / result.latency_s;
  result.utilisation_1d = softmax.compute_s / result.latency_s;
  result.energy = energy_of(counts, rules.costs.buffer_32_mib, rules.costs, rules.mends);
  result.energy_pj = result.energy.total();
  return result;
}

}  // namespace weft::evaluation
