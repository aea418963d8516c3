// weft_pe: every slot of every context against models/numerics, every output in every cycle.
#include <VPe16.h>
#include <VPe2.h>
#include <VPe3.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/numerics/bf16.hpp"
#include "models/numerics/exp_fp32.hpp"
#include "tests/matmul/pe/control.hpp"
#include "tests/numerics/fp32_bench.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 41;
constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

struct Slot {
  PeControl control;
  std::uint16_t row = 0;
  std::uint32_t column = 0;
  std::uint32_t partial = 0;
};

enum Bin : std::size_t {
  kFirstTerm,
  kLaterTerm,
  kVisible,
  kMasked,
  kHiddenTerm,
  kDiagonalZero,
  kDiagonalMinusOne,
  kInvalidRow,
  kWeightOne,
  kWeightBetween,
  kWeightZero,
  kWeightInfinite,
  kWeightNan,
  kOthersInsideChain,
  kSumAfterSum,
  kContextChange,
  kBins
};
std::vector<std::string> bin_names() {
  return {"a first term",
          "a later term",
          "a visible element",
          "a masked element",
          "a hidden term of a sum",
          "on the diagonal",
          "just beyond it",
          "an invalid row",
          "a weight of 1",
          "a weight between",
          "a weight of 0",
          "an infinite weight",
          "a weight of NaN",
          "other slots inside a weight's",
          "terms in consecutive cycles",
          "slots of another context in the next cycle"};
}

// What an element holds and hands down, from the arithmetic of models/numerics.
class Model {
 public:
  Model(int contexts, float scale, Bins& bins)
      : state_(static_cast<std::size_t>(contexts), 0.0f), scale_(scale), bins_(bins) {}

  // The column's result as it leaves.
  std::uint32_t step(const Slot& slot) {
    const PeControl& c = slot.control;
    const float row = numerics::from_bf16(slot.row);
    const float column = as_float(slot.column);
    const float partial = as_float(slot.partial);
    const bool result = c.op == PeOp::lm || c.op == PeOp::sld || c.op == PeOp::slnv;
    bins_.hit(kInvalidRow, result && !c.row_valid);
    bins_.hit(kSumAfterSum, c.op == PeOp::qk && last_ == PeOp::qk && !c.first);
    bins_.hit(kContextChange,
              c.op != PeOp::nop && last_ != PeOp::nop && c.context != last_context_);
    bins_.hit(kOthersInsideChain, chain_ > 0 && c.op >= PeOp::qk && c.op != PeOp::sub);
    last_ = c.op;
    last_context_ = c.context;
    if (c.op == PeOp::nop) return slot.partial;
    float& state = state_[static_cast<std::size_t>(c.context)];
    switch (c.op) {
      case PeOp::qk:
        bins_.hit(c.first ? kFirstTerm : kLaterTerm);
        state = numerics::macc(row, column, c.first ? 0.0f : state);
        break;
      case PeOp::lm: {
        const bool visible = static_cast<std::int8_t>(c.diagonal) >= 0;
        bins_.hit(visible ? kVisible : kMasked);
        bins_.hit(kDiagonalZero, c.diagonal == 0);
        bins_.hit(kDiagonalMinusOne, static_cast<std::int8_t>(c.diagonal) == -1);
        if (!visible) state = kMinusInfinity;
        return c.row_valid ? as_word(numerics::max(partial, state)) : slot.partial;
      }
      case PeOp::sub:
        difference_ = numerics::subtract(state, column);
        chain_ = 1;
        break;
      case PeOp::exp6:
        state = weight(difference_);
        chain_ = 0;
        break;
      case PeOp::sld:
      case PeOp::slnv: {
        // What the query must not see adds nothing, whatever it holds.
        const bool visible = static_cast<std::int8_t>(c.diagonal) >= 0;
        bins_.hit(kHiddenTerm, !visible);
        if (!c.row_valid || !visible) return slot.partial;
        return as_word(c.op == PeOp::sld ? numerics::add(partial, state)
                                         : numerics::macc(state, row, partial));
      }
      default: ++chain_; break;
    }
    return slot.partial;
  }

 private:
  float weight(float difference) {
    const float result = numerics::round_to_bf16(numerics::exp_maccs(difference, scale_));
    bins_.hit(kWeightOne, result == 1.0f);
    bins_.hit(kWeightBetween, result > 0.0f && result < 1.0f);
    bins_.hit(kWeightZero, result == 0.0f);
    bins_.hit(kWeightInfinite, std::isinf(result));
    bins_.hit(kWeightNan, std::isnan(result));
    const double argument = static_cast<double>(difference) * static_cast<double>(scale_);
    if (std::fabs(argument) < 100.0) {  // half a step of bf16, and the polynomial's error
      const double exact = std::exp2(argument);
      EXPECT_NEAR(static_cast<double>(result), exact, exact * (0x1p-8 + 4e-6))
          << "the model itself, at " << argument;
    }
    return result;
  }

  std::vector<float> state_;
  float scale_;
  Bins& bins_;
  float difference_ = 0.0f;
  int chain_ = 0;
  PeOp last_ = PeOp::nop;
  int last_context_ = 0;
};

// Slots at random: any of any context at any time, but a weight's seven in their order.
class Traffic {
 public:
  Traffic(int contexts, bool wild, std::uint64_t seed)
      : contexts_(contexts), wild_(wild), random_(seed) {}

  Slot next() {
    Slot slot;
    PeControl& c = slot.control;
    c.context = random_.in_range(0, contexts_ - 1);
    c.first = random_.in_range(0, 3) == 0;
    c.row_valid = random_.in_range(0, 3) != 0;
    c.diagonal = random_.in_range(0, 2) == 0 ? random_.in_range(-2, 1) : random_.in_range(-96, 95);
    slot.row = bf16();
    slot.column = operand();
    slot.partial = random_.in_range(0, 7) == 0 ? 0xFF800000u : operand();
    if (started_ < contexts_) {  // what an element holds after reset is anything
      c.context = started_++;
      c.op = PeOp::qk;
      c.first = true;
      slot.column = static_cast<std::uint32_t>(bf16()) << 16;
      return slot;
    }
    const int kind = random_.in_range(0, 15);
    if (chain_ > 0 && kind >= (wild_ ? 9 : 2)) {
      c.op = kSlnSlots[chain_];
      c.context = chain_context_;
      chain_ = (chain_ + 1) % 7;
    } else if (kind == 0) {
      c.op = PeOp::nop;
      c.context = random_.in_range(0, 15);
    } else if (kind <= 6 || (chain_ > 0 && kind == 8)) {
      c.op = PeOp::qk;
      c.context = (kind & 1) != 0 ? last_context_ : c.context;
      slot.column = static_cast<std::uint32_t>(bf16()) << 16;
    } else if (kind == 7 || kind == 9) {
      c.op = PeOp::lm;
    } else if (kind <= 11) {
      c.op = PeOp::sld;
    } else if (kind <= 13) {
      c.op = PeOp::slnv;
    } else if (chain_ == 0) {
      c.op = PeOp::sub;
      chain_context_ = c.context;
      chain_ = 1;
    }
    if (c.op != PeOp::nop) last_context_ = c.context;
    return slot;
  }

 private:
  std::uint16_t bf16() { return static_cast<std::uint16_t>(operand() >> 16); }
  std::uint32_t operand() {
    return wild_ && random_.in_range(0, 5) == 0 ? random_.word()
                                                : random_.with_exponent(random_.in_range(118, 130));
  }

  int contexts_;
  bool wild_;
  Fp32Random random_;
  int started_ = 0;
  int chain_ = 0;
  int chain_context_ = 0;
  int last_context_ = 0;
};

void apply(auto& unit, const Slot& slot) {
  unit.control_i = slot.control.word();
  unit.diagonal_i = static_cast<CData>(slot.control.diagonal);
  unit.row_i = slot.row;
  unit.column_i = slot.column;
  unit.partial_i = slot.partial;
}

template <class V, int contexts>
struct Variant {
  using Unit = V;
  static constexpr int kContexts = contexts;
};

template <class V>
class Pe : public testing::Test {
 protected:
  void run(bool wild, std::uint64_t slots, std::uint64_t seed) {
    SCOPED_TRACE(seed_text(seed));
    Bench<typename V::Unit> bench(seed);
    const float scale = numerics::softmax_scale_log2e(wild ? 1.7 : 0.125);
    bench->scale_i = as_word(scale);
    apply(bench.unit(), Slot{});
    bench.reset();
    EXPECT_EQ(bench->control_o, 0u);
    EXPECT_EQ(bench->diagonal_o, 0u);
    Bins bins(bin_names());
    Model model(V::kContexts, scale, bins);
    Traffic traffic(V::kContexts, wild, seed);
    Comparison comparison;
    for (std::uint64_t cycle = 0; cycle < slots; ++cycle) {
      const Slot slot = traffic.next();
      apply(bench.unit(), slot);
      bench.settle();
      bench.tick();
      bench.settle();
      const std::uint32_t inputs[] = {slot.control.word(), slot.row, slot.column, slot.partial,
                                      static_cast<std::uint32_t>(cycle)};
      ASSERT_EQ(bench->control_o, slot.control.word()) << "cycle " << cycle;
      ASSERT_EQ(bench->diagonal_o, static_cast<CData>(slot.control.diagonal + 1))
          << "cycle " << cycle;
      ASSERT_EQ(bench->row_o, slot.row) << "cycle " << cycle;
      ASSERT_EQ(bench->column_o, slot.column) << "cycle " << cycle;
      if (!comparison.same(bench->partial_o, model.step(slot), "the model", inputs)) return;
    }
    EXPECT_EQ(comparison.compared(), slots);
    EXPECT_GT(comparison.compared(), 0u);
    if (wild) bins.expect_all_hit();
  }
};
using Variants = testing::Types<Variant<VPe2, 2>, Variant<VPe3, 3>, Variant<VPe16, 16>>;
TYPED_TEST_SUITE(Pe, Variants);

TYPED_TEST(Pe, ModerateValues) { this->run(false, bench_count(600'000), seed_or(kSeed)); }
TYPED_TEST(Pe, AnyValues) { this->run(true, bench_count(600'000), seed_or(kSeed + 1)); }

// A whole tile of one element, as the engine runs it, against double.
TYPED_TEST(Pe, ATileAgainstDouble) {
  const std::uint64_t seed = seed_or(kSeed + 2);
  SCOPED_TRACE(seed_text(seed));
  Bench<typename TypeParam::Unit> bench(seed);
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  const auto value = [&] { return numerics::round_to_bf16(normal(random)); };
  const float scale = numerics::softmax_scale_log2e(0.125);
  bench->scale_i = as_word(scale);
  apply(bench.unit(), Slot{});
  bench.reset();
  const auto issue = [&](PeOp op, int context, bool first, float row, float column, float partial) {
    apply(bench.unit(), Slot{{op, first, context, true, 0},
                             numerics::bf16_bits(row),
                             as_word(column),
                             as_word(partial)});
    bench.settle();
    bench.tick();
    bench.settle();
    return static_cast<double>(as_float(bench->partial_o));
  };
  std::uint64_t compared = 0;
  for (int tile = 0; tile < 300; ++tile) {
    const int context = tile % TypeParam::kContexts;
    double sum = 0;
    double magnitude = 0;
    for (int e = 0; e < 64; ++e) {
      const float k = value();
      const float q = value();
      issue(PeOp::qk, context, e == 0, k, q, 0);
      sum += static_cast<double>(k) * static_cast<double>(q);
      magnitude += std::fabs(static_cast<double>(k) * static_cast<double>(q));
    }
    const double score = issue(PeOp::lm, context, false, 0, 0, kMinusInfinity);
    ASSERT_NEAR(score, sum, magnitude * 64 * 0x1p-24);
    const float maximum = static_cast<float>(score) + 3.0f * std::fabs(normal(random));
    for (const PeOp op : kSlnSlots) issue(op, context, false, value(), maximum, 0);
    const double weight = issue(PeOp::sld, context, false, 0, 0, 0);
    const double exact = std::exp((score - static_cast<double>(maximum)) * 0.125);
    ASSERT_NEAR(weight, exact, exact * (0x1p-8 + 1e-5));
    const float v = value();
    const float above = normal(random);
    const double product = issue(PeOp::slnv, context, false, v, 0, above);
    ASSERT_NEAR(product, weight * static_cast<double>(v) + static_cast<double>(above),
                4 * 0x1p-24 * (1 + std::fabs(product)));
    compared += 3;
  }
  EXPECT_EQ(compared, 900u);
}

TYPED_TEST(Pe, ResetEmptiesTheControlWord) {
  Bench<typename TypeParam::Unit> bench(seed_or(kSeed));
  apply(bench.unit(), Slot{});
  bench.reset();
  apply(bench.unit(), Slot{{PeOp::slnv, true, 1, true, 5}, 1, 2, 3});
  bench.settle();
  bench.tick();
  bench.settle();
  ASSERT_NE(bench->control_o, 0u);
  bench.reset_between_edges();
  EXPECT_EQ(bench->control_o, 0u);
}

}  // namespace
}  // namespace weft::test
