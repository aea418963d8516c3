// Counts of actions by hand: a table in which one kind alone costs 1 pJ gives that kind's count as
// the energy.
#include "models/evaluation/fusemax/rule_parts.hpp"
#include "tests/evaluation/support.hpp"

namespace weft::evaluation::test {
namespace {

constexpr double kLength = 1024;
constexpr double kHeads = 768;                          // BERT's, of 64 sequences
constexpr double kWidth = 64;                           // E = F
constexpr double kScores = kHeads * kLength * kLength;  // S
constexpr double kVectors = kScores / 256;              // V
constexpr double kOperand = kHeads * kLength * kWidth;  // u
constexpr double kColumns = kHeads * kLength;           // BH·P

double count(Config config, double RuleCosts::*kind) {
  AttentionRules rules = published_rules();
  rules.costs = RuleCosts{};
  rules.costs.*kind = 1;
  return evaluate(config, published_model("BERT"), 1024, rules).energy_pj;
}

// Rows read or written, whichever buffer the design pays for.
double rows(Config config, double BufferRowCosts::*kind) {
  AttentionRules rules = published_rules();
  rules.costs = RuleCosts{};
  rules.costs.buffer_16_mib.*kind = 1;
  rules.costs.buffer_32_mib.*kind = 1;
  return evaluate(config, published_model("BERT"), 1024, rules).energy_pj;
}

TEST(RuleCounts, OnePass) {
  for (const Config config : {Config::architecture, Config::binding}) {
    EXPECT_DOUBLE_EQ(count(config, &RuleCosts::mac_pj),
                     (2 * kWidth + 6) * kScores + (1 + kWidth + 6) * kVectors);
    EXPECT_DOUBLE_EQ(count(config, &RuleCosts::add_pj), 2 * kScores + (1 + 1 + kWidth) * kVectors);
    EXPECT_DOUBLE_EQ(count(config, &RuleCosts::max_pj), kScores + kVectors);
    EXPECT_DOUBLE_EQ(count(config, &RuleCosts::divide_pj), kColumns * kWidth);
    EXPECT_EQ(count(config, &RuleCosts::exp_pj), 0);
    // All queries are on chip at 1K: Q, K, V and AV once.
    EXPECT_DOUBLE_EQ(count(config, &RuleCosts::dram_word_pj), 4 * kOperand);
    EXPECT_DOUBLE_EQ(count(config, &RuleCosts::register_read_pj),
                     kVectors * (1 + kWidth) - kOperand);
    EXPECT_DOUBLE_EQ(count(config, &RuleCosts::register_write_pj), kVectors * (2 + kWidth));
    EXPECT_DOUBLE_EQ(rows(config, &BufferRowCosts::read_pj),
                     (kVectors * (4 * kWidth + 2) + kColumns * (kWidth + 1)) / 256);
    EXPECT_DOUBLE_EQ(rows(config, &BufferRowCosts::write_pj),
                     (3 * kOperand + kVectors * (kWidth + 2)) / 256);
  }
  EXPECT_DOUBLE_EQ(count(Config::cascade, &RuleCosts::mac_pj),
                   2 * kWidth * kScores + (1 + kWidth) * kVectors);
  EXPECT_DOUBLE_EQ(count(Config::cascade, &RuleCosts::add_pj),
                   2 * kScores + (1 + 1 + kWidth) * kVectors);
  EXPECT_EQ(count(Config::cascade, &RuleCosts::exp_pj), 0);
  EXPECT_EQ(count(Config::cascade, &RuleCosts::register_read_pj), 0);
  EXPECT_DOUBLE_EQ(rows(Config::cascade, &BufferRowCosts::write_pj),
                   (3 * kOperand + kVectors * (kWidth + 2) + 2 * kScores) / 256);
}

TEST(RuleCounts, ThreePasses) {
  for (const Config config : {Config::unfused, Config::flat}) {
    EXPECT_DOUBLE_EQ(count(config, &RuleCosts::mac_pj), 2 * kWidth * kScores);
    EXPECT_DOUBLE_EQ(count(config, &RuleCosts::add_pj), 2 * kScores);
    EXPECT_DOUBLE_EQ(count(config, &RuleCosts::max_pj), kScores);
    EXPECT_DOUBLE_EQ(count(config, &RuleCosts::exp_pj), kScores);
    EXPECT_DOUBLE_EQ(count(config, &RuleCosts::divide_pj), kScores);
    EXPECT_EQ(count(config, &RuleCosts::register_read_pj), 0);
  }
  EXPECT_DOUBLE_EQ(count(Config::unfused, &RuleCosts::dram_word_pj), 4 * kScores + 4 * kOperand);
  // All scores on chip, operands not: Q, K and V stream once for each of four tiles.
  EXPECT_DOUBLE_EQ(count(Config::flat, &RuleCosts::dram_word_pj), (4 + 4 + 4 + 1) * kOperand);
  EXPECT_DOUBLE_EQ(rows(Config::flat, &BufferRowCosts::read_pj),
                   (4 * kScores + 2 * kColumns) / 256);
  EXPECT_DOUBLE_EQ(rows(Config::flat, &BufferRowCosts::write_pj),
                   (3 * kScores + 2 * kColumns) / 256);
}

// D − ((D·t) mod 2^64) / t.
TEST(RuleCounts, LostReads) {
  const std::int64_t two_40 = std::int64_t{1} << 40;
  EXPECT_EQ(lost_reads(two_40, (1 << 24) - 1, {}), 0);  // just below 2^64
  EXPECT_EQ(lost_reads(two_40, 1 << 24, {}), static_cast<double>(two_40));
  EXPECT_EQ(lost_reads(3 * two_40, 1 << 23, {}),
            2 * static_cast<double>(two_40));  // 3·2^63 leaves 2^63
  EXPECT_EQ(lost_reads(two_40, 1 << 24, Mends{.no_overflow = true}), 0);
}

// Scores on chip lose reads twice: QK, and A.
TEST(RuleCounts, LostReadsOfTheSoftmax) {
  const Sizes sizes = sizes_of(published_model("XLM"), 1 << 20, kSide);  // S·M = 2^70
  const double scores = static_cast<double>(std::int64_t{1} << 50);
  const double columns = static_cast<double>(std::int64_t{1} << 30);
  Counts on_chip;
  add_three_pass_softmax(on_chip, sizes, true, {});
  EXPECT_DOUBLE_EQ(on_chip.buffer_reads, 5 * scores + 2 * columns);
  Counts off_chip;
  add_three_pass_softmax(off_chip, sizes, false, {});
  EXPECT_DOUBLE_EQ(off_chip.buffer_reads, 4 * scores + 2 * columns);
}

}  // namespace
}  // namespace weft::evaluation::test
