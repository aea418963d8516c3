// weft_vector_lane: running maxima, denominators, numerators and their quotients over several tiles
// of keys.
#include <VLane.h>
#include <VLaneSmall.h>
#include <VLaneWide.h>
#include <gtest/gtest.h>

#include "tests/common/ports.hpp"
#include "tests/matmul/vector_lane/lane_values.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 45;
constexpr float kScale = 0.4f;

template <class U>
struct Variant;
template <>
struct Variant<VLane> {
  using Unit = VLane;
  static constexpr LaneParameters kParameters{};
};
template <>
struct Variant<VLaneSmall> {
  using Unit = VLaneSmall;
  static constexpr LaneParameters kParameters{.contexts = 2,
                                              .links = 2,
                                              .pairs = 2,
                                              .max_width = 32,
                                              .keys = 5,
                                              .rnv_words = 96,
                                              .divide_stages = 1,
                                              .beat_elements = 4};
};
template <>
struct Variant<VLaneWide> {
  using Unit = VLaneWide;
  static constexpr LaneParameters kParameters{.contexts = 5,
                                              .links = 4,
                                              .pairs = 16,
                                              .max_width = 64,
                                              .keys = 64,
                                              .rnv_words = 4096,
                                              .divide_stages = 26,
                                              .beat_elements = 32};
};

template <class V>
class VectorLane : public testing::Test {
 protected:
  static constexpr LaneParameters kP = V::kParameters;

  static void quiet(Bench<typename V::Unit>& bench) {
    bench->control_i = 0;
    bench->foot_op_i = 0;
    bench->drain_valid_i = 0;
    bench->clear_i = 0;
  }
  static void start(Bench<typename V::Unit>& bench, int width) {
    bench->scale_i = as_word(kScale);
    bench->width_i = static_cast<CData>(width);
    quiet(bench);
    bench->clear_i = 1;
    bench.settle();
    bench.tick();
    bench->clear_i = 0;
  }

  void traffic(Bench<typename V::Unit>& bench, int width, bool gaps, bool wild, int queries,
               std::uint64_t seed, Bins& bins, Comparison& comparison) {
    SCOPED_TRACE("F = " + std::to_string(width) + (gaps ? ", pauses, " : ", ") + seed_text(seed));
    start(bench, width);
    LaneTraffic traffic(kP, width, gaps, queries, seed);
    const LaneValues values(traffic, kScale, wild, ~seed);
    const std::vector<LaneCycle> cycles = traffic.all(bins);
    const LaneCycle none;
    for (std::size_t t = 0; t < cycles.size() + 2; ++t) {
      const auto past = [&](std::size_t ago) -> const LaneCycle& {
        return t < ago || t - ago >= cycles.size() ? none : cycles[t - ago];
      };
      const LaneCycle& now = past(0);
      bench->control_i = now.control.word();
      bench->foot_op_i = static_cast<CData>(now.foot.op);
      bench->foot_context_i = static_cast<CData>(now.foot.tile % kP.contexts);
      bench->foot_i = values.foot(now.foot);
      bench->drain_valid_i = now.drain.valid ? 1 : 0;
      bench->drain_slot_i = static_cast<CData>(now.drain.query % 2);
      bench->drain_beat_i = static_cast<CData>(now.drain.beat);
      bench.settle();
      if (t > 0) {
        ASSERT_EQ(bench->control_o, past(1).control.word()) << "cycle " << t;
      }
      const bool rm = past(2).control.op == LaneOp::rm;
      ASSERT_EQ(bench->rm_valid_o, rm ? 1 : 0) << "cycle " << t;
      if (rm) {
        const std::uint32_t where[] = {static_cast<std::uint32_t>(past(2).tile)};
        EXPECT_EQ(bench->rm_context_o, past(2).control.context);
        if (!comparison.same(bench->rm_o, values.maximum(past(2).tile), "the model's maximum",
                             where))
          return;
      }
      if (const Drain& drain = past(1).drain; drain.valid) {
        for (int e = 0; e < kP.beat_elements && drain.beat * kP.beat_elements + e < width; ++e) {
          const int f = drain.beat * kP.beat_elements + e;
          const std::uint32_t where[] = {static_cast<std::uint32_t>(drain.query),
                                         static_cast<std::uint32_t>(f)};
          const auto got = static_cast<std::uint32_t>(
              port_bits(bench->drain_data_o, static_cast<std::size_t>(e) * 16, 16));
          if (!comparison.same(got, values.out(drain.query)[static_cast<std::size_t>(f)],
                               "the model's output", where))
            return;
        }
      }
      bench.tick();
    }
  }
};
using Variants = testing::Types<Variant<VLane>, Variant<VLaneSmall>, Variant<VLaneWide>>;
TYPED_TEST_SUITE(VectorLane, Variants);

TYPED_TEST(VectorLane, TilesOfManyQueries) {
  const std::uint64_t seed = seed_or(kSeed);
  Bench<typename TypeParam::Unit> bench(seed);
  this->quiet(bench);
  bench.reset();
  Bins bins(LaneTraffic::bin_names());
  Comparison comparison;
  std::uint64_t round = 0;
  for (const bool wild : {false, true}) {
    for (const bool gaps : {false, true}) {
      for (const int width : {1, 2, 7, 32, 64, 128}) {
        if (width > TypeParam::kParameters.max_width) continue;
        const int queries = 150 + 2500 / width;
        this->traffic(bench, width, gaps, wild, queries, seed + ++round, bins, comparison);
        if (this->HasFailure()) return;
      }
    }
  }
  EXPECT_GT(comparison.compared(), 10'000u);
  bins.expect_all_hit();
}

// One element through AV, its output read in every cycle: it changes at its time, and only its own
// lane of the beat.
TYPED_TEST(VectorLane, DivisionTakesItsStages) {
  const std::uint64_t seed = seed_or(kSeed + 1);
  SCOPED_TRACE(seed_text(seed));
  Bench<typename TypeParam::Unit> bench(seed);
  this->quiet(bench);
  bench.reset();
  Bins bins(LaneTraffic::bin_names());
  Comparison comparison;
  this->traffic(bench, 2, false, false, 4, seed, bins,
                comparison);  // words 0 and 1 of some query hold its numerators
  std::uint64_t changes = 0;
  LaneControl av{.op = LaneOp::av, .element = 1, .out_slot = 1};
  const auto cycle = [&](const LaneControl& control) {
    bench->control_i = control.word();
    bench->drain_valid_i = 1;
    bench->drain_slot_i = 1;
    bench->drain_beat_i = 0;
    bench.settle();
    bench.tick();
    bench.settle();
    return port_bits(bench->drain_data_o, 0, 32);
  };
  const std::uint64_t before = cycle({});
  for (int attempt = 0; attempt < 8 && changes == 0;
       ++attempt) {  // until a quotient differs from what stands there
    av.address = static_cast<std::uint32_t>(attempt);
    std::vector<std::uint64_t> seen;
    for (int t = 0; t < TypeParam::kParameters.divide_stages + 8; ++t)
      seen.push_back(cycle(t == 0 ? av : LaneControl{}));
    const auto changed =
        std::find_if(seen.begin(), seen.end(), [&](std::uint64_t word) { return word != before; });
    if (changed == seen.end()) continue;
    ++changes;
    EXPECT_EQ(changed - seen.begin(), TypeParam::kParameters.divide_stages + 2);
    EXPECT_EQ(*changed & 0xFFFFu, before & 0xFFFFu);
  }
  EXPECT_EQ(changes, 1u);
}

TYPED_TEST(VectorLane, ResetStopsWhatIsUnderWay) {
  Bench<typename TypeParam::Unit> bench(seed_or(kSeed));
  this->quiet(bench);
  bench.reset();
  this->start(bench, 1);
  bench->control_i = LaneControl{.op = LaneOp::rm}.word();
  bench.settle();
  bench.tick();
  bench.settle();
  bench.tick();
  bench.settle();
  ASSERT_NE(bench->control_o, 0u);
  ASSERT_EQ(bench->rm_valid_o, 1);
  bench.reset_between_edges();
  EXPECT_EQ(bench->control_o, 0u);
  EXPECT_EQ(bench->rm_valid_o, 0);
}

}  // namespace
}  // namespace weft::test
