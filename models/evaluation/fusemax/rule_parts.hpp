// What the rules of all designs share: sizes, counts of actions and their energy. Internal to
// models/evaluation.
#pragma once

#include <cstdint>

#include "models/evaluation/fusemax/attention_rules.hpp"

namespace weft::evaluation {

// Sizes of attention at one model and length, named as in docs/units/rules.md.
struct Sizes {
  std::int64_t length = 0;   // M = P
  std::int64_t width = 0;    // E = F
  std::int64_t side = 0;     // d
  std::int64_t columns = 0;  // BH·P: queries of all heads
  std::int64_t scores = 0;   // S = BH·M·P
  std::int64_t vectors = 0;  // V = S/d: one word for each tile of keys and query
  std::int64_t tiles = 0;    // T = S/d²
  std::int64_t operand = 0;  // u: words of Q, K, V or AV
};
Sizes sizes_of(const Model& model, std::int64_t length, std::int64_t side);

// Actions of a design over all heads. Operations count once each, data in words.
struct Counts {
  double macs = 0;
  double adds = 0;
  double maxima = 0;
  double exps = 0;  // of the exp unit
  double divides = 0;
  double dram = 0;
  double buffer_reads = 0;
  double buffer_writes = 0;
  double staging_reads = 0;
  double staging_writes = 0;
};
EnergyParts energy_of(const Counts& counts, const BufferRowCosts& row, const RuleCosts& costs,
                      const Mends& mends);

// Reads that the artifact charges for a tensor which the buffer only receives, `words` writes in
// tiles of `tile` words: the first reads of each tile, to be left out, are counted in 64 bits, and
// that count overflows.
double lost_reads(std::int64_t words, std::int64_t tile, const Mends& mends);

// The softmax of flat and unfused, in three passes over the scores: operations, and words of the
// buffer.
void add_three_pass_softmax(Counts& counts, const Sizes& sizes, bool scores_on_chip,
                            const Mends& mends);
// Cycles of the 1D array for it: maximum, exp, sum and divide, each one cycle a score.
double three_pass_softmax_cycles(const Sizes& sizes);

std::int64_t largest_divisor(std::int64_t of, std::int64_t at_most);  // 0 where at_most is below 1

inline double seconds(double cycles) { return cycles / kClockHz; }
inline double memory_seconds(double words) { return words * kWordBytes / kBytesPerSecond; }

AttentionResult evaluate_unfused(const Sizes& sizes, const AttentionRules& rules);
AttentionResult evaluate_flat(const Sizes& sizes, const FlatMapping& mapping,
                              const AttentionRules& rules);
AttentionResult evaluate_one_pass(Config config, const Sizes& sizes, const AttentionRules& rules);

}  // namespace weft::evaluation
