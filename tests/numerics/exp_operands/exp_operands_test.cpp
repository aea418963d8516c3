#include <VExpOperands.h>
#include <gtest/gtest.h>

#include <array>

#include "models/numerics/exp_fp32.hpp"
#include "tests/numerics/fp32_bench.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 71;

struct Inputs {
  std::uint32_t difference, scale, r, chain, negated;
};

// As exp_maccs calls macc, step by step.
std::array<std::uint32_t, 3> model(std::uint32_t step, const Inputs& in) {
  const auto& c = numerics::kExpCoefficients;
  switch (step) {
    case 1: return {in.difference, in.scale, numerics::kExpMagic};
    case 2: return {in.difference, in.scale, in.negated};
    case 3: return {c[4], in.r, c[3]};
    case 4: return {in.chain, in.r, c[2]};
    case 5: return {in.chain, in.r, c[1]};
    default: return {in.chain, in.r, c[0]};
  }
}

TEST(ExpOperands, EveryStep) {
  const std::uint64_t seed = seed_or(kSeed);
  SCOPED_TRACE(seed_text(seed));
  const std::uint64_t vectors = bench_count(300'000);
  Bench<VExpOperands> bench(seed);
  Fp32Random random(seed);
  Bins bins({"step 1", "step 2", "step 3", "step 4", "step 5", "step 6"});
  Comparison comparison;
  for (std::uint64_t vector = 0; vector < vectors; ++vector) {
    const auto step = static_cast<std::uint32_t>(1 + vector % 6);
    const Inputs in = {random.word(), random.word(), random.word(), random.word(), random.word()};
    bench->valid_i = 0;  // idle: what it gives then is not looked at
    bench.settle();
    bench->valid_i = 1;
    bench->step_i = static_cast<CData>(step);
    bench->difference_i = in.difference;
    bench->scale_i = in.scale;
    bench->r_i = in.r;
    bench->chain_i = in.chain;
    bench->negated_i = in.negated;
    bench.settle();
    bins.hit(step - 1);
    const auto wanted = model(step, in);
    const std::array<std::uint32_t, 1> shown = {step};
    if (!comparison.same(bench->a_o, wanted[0], "the model", shown)) return;
    if (!comparison.same(bench->b_o, wanted[1], "the model", shown)) return;
    if (!comparison.same(bench->c_o, wanted[2], "the model", shown)) return;
  }
  EXPECT_EQ(comparison.compared(), 3 * vectors);
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
