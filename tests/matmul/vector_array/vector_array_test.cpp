// weft_vector_array: lanes a cycle apart, each with values of its own; maxima on their way back;
// outputs of every lane.
#include <VArray16.h>
#include <VArray3.h>
#include <VArray4.h>
#include <VArray5.h>
#include <gtest/gtest.h>

#include "tests/common/ports.hpp"
#include "tests/matmul/vector_lane/lane_values.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 47;
constexpr float kScale = 0.4f;

template <class U, int side, int beat_elements, int divide_stages>
struct Variant {
  using Unit = U;
  static constexpr int kSide = side;
  static constexpr LaneParameters kParameters{.keys = 64,
                                              .rnv_words = 2048,
                                              .divide_stages = divide_stages,
                                              .beat_elements = beat_elements,
                                              .lanes = side};
};

template <class V>
class VectorArray : public testing::Test {
 protected:
  static constexpr int kSide = V::kSide;
  static constexpr LaneParameters kP = V::kParameters;

  void traffic(Bench<typename V::Unit>& bench, int width, bool gaps, std::uint64_t seed, Bins& bins,
               Comparison& comparison) {
    SCOPED_TRACE("F = " + std::to_string(width) + (gaps ? ", pauses, " : ", ") + seed_text(seed));
    bench->scale_i = as_word(kScale);
    bench->width_i = static_cast<CData>(width);
    LaneTraffic traffic(kP, width, gaps, 12 + 200 / width, seed);
    std::vector<LaneValues> values;
    for (int j = 0; j < kSide; ++j)
      values.emplace_back(traffic, kScale, gaps, seed * 64 + static_cast<std::uint64_t>(j));
    const std::vector<LaneCycle> cycles = traffic.all(bins);
    const LaneCycle none;
    Drain read;
    const auto drive_foot = [&](int lane, const Foot& foot) {
      const auto j = static_cast<std::size_t>(lane);
      set_port_bits(bench->foot_op_i, j * 4, 4, static_cast<std::uint64_t>(foot.op));
      set_port_bits(bench->foot_context_i, j * 4, 4,
                    static_cast<std::uint64_t>(foot.tile % kP.contexts));
      set_port_bits(bench->foot_i, j * 32, 32, values[j].foot(foot));
    };
    bench->control_i = 0;
    bench->drain_valid_i = 0;
    for (int j = 0; j < kSide; ++j) drive_foot(j, {});
    bench->clear_i = 1;
    bench.settle();
    bench.tick();
    bench->clear_i = 0;
    for (std::size_t t = 0; t < cycles.size() + 2 * kSide + 1; ++t) {
      const auto past = [&](int ago) -> const LaneCycle& {
        const auto a = static_cast<std::size_t>(ago);
        return t < a || t - a >= cycles.size() ? none : cycles[t - a];
      };
      bench->control_i = past(0).control.word();
      for (int j = 0; j < kSide; ++j) drive_foot(j, past(j).foot);
      const Drain& drain = past(0).drain;
      bench->drain_valid_i = drain.valid ? 1 : 0;
      bench->drain_lane_i = static_cast<CData>(drain.lane);
      bench->drain_slot_i = static_cast<CData>(drain.query % 2);
      bench->drain_beat_i = static_cast<CData>(drain.beat);
      bench.settle();
      for (int j = 0; j < kSide; ++j) {
        if (!check_maximum(bench.unit(), past(j + kSide), j, values[static_cast<std::size_t>(j)],
                           comparison))
          return;
      }
      if (past(1).drain.valid) read = past(1).drain;  // and stands until the next
      if (read.valid && !check_output(bench.unit(), read, width, values, comparison)) return;
      bench.tick();
    }
  }

 private:
  // Lane j's maximum stands at the top of its column SIDE + j cycles after lane 0's slot.
  static bool check_maximum(typename V::Unit& unit, const LaneCycle& slot, int lane,
                            const LaneValues& values, Comparison& comparison) {
    const auto j = static_cast<std::size_t>(lane);
    const bool rm = slot.control.op == LaneOp::rm;
    EXPECT_EQ(port_bits(unit.rm_valid_o, j, 1), rm ? 1u : 0u) << "lane " << lane;
    if (!rm) return !testing::Test::HasFailure();
    EXPECT_EQ(port_bits(unit.rm_context_o, j * 4, 4), slot.control.context) << "lane " << lane;
    const std::uint32_t where[] = {static_cast<std::uint32_t>(slot.tile),
                                   static_cast<std::uint32_t>(lane)};
    return comparison.same(static_cast<std::uint32_t>(port_bits(unit.rm_o, j * 32, 32)),
                           values.maximum(slot.tile), "the model's maximum", where);
  }
  static bool check_output(typename V::Unit& unit, const Drain& drain, int width,
                           const std::vector<LaneValues>& values, Comparison& comparison) {
    const std::vector<std::uint16_t>& wanted =
        values[static_cast<std::size_t>(drain.lane)].out(drain.query);
    for (int e = 0; e < kP.beat_elements && drain.beat * kP.beat_elements + e < width; ++e) {
      const int f = drain.beat * kP.beat_elements + e;
      const std::uint32_t where[] = {static_cast<std::uint32_t>(drain.query),
                                     static_cast<std::uint32_t>(drain.lane),
                                     static_cast<std::uint32_t>(f)};
      const auto got = static_cast<std::uint32_t>(
          port_bits(unit.drain_data_o, static_cast<std::size_t>(e) * 16, 16));
      if (!comparison.same(got, wanted[static_cast<std::size_t>(f)], "the model's output", where))
        return false;
    }
    return true;
  }
};
using Variants = testing::Types<Variant<VArray3, 3, 4, 13>, Variant<VArray4, 4, 4, 1>,
                                Variant<VArray5, 5, 8, 2>, Variant<VArray16, 16, 16, 13>>;
TYPED_TEST_SUITE(VectorArray, Variants);

TYPED_TEST(VectorArray, EveryLaneItsOwnValues) {
  const std::uint64_t seed = seed_or(kSeed);
  Bench<typename TypeParam::Unit> bench(seed);
  bench->control_i = 0;
  bench->drain_valid_i = 0;
  bench.reset();
  Bins bins(LaneTraffic::bin_names());
  Comparison comparison;
  std::uint64_t round = 0;
  for (const bool gaps : {false, true}) {
    for (const int width : {1, 2, 5, 32, 128}) {
      this->traffic(bench, width, gaps, seed + ++round, bins, comparison);
      if (this->HasFailure()) return;
    }
  }
  EXPECT_GT(comparison.compared(), 10'000u);
  bins.expect_all_hit();
}

TYPED_TEST(VectorArray, ResetClearsTheLinks) {
  Bench<typename TypeParam::Unit> bench(seed_or(kSeed));
  bench->control_i = 0;
  bench->drain_valid_i = 0;
  bench.reset();
  bench->control_i = LaneControl{.op = LaneOp::rm}.word();
  for (int t = 0; t < 2 * TypeParam::kSide; ++t) {
    bench.settle();
    bench.tick();
  }
  bench.settle();
  ASSERT_NE(bench->rm_valid_o, 0u);
  bench.reset_between_edges();
  EXPECT_EQ(bench->rm_valid_o, 0u);
}

}  // namespace
}  // namespace weft::test
