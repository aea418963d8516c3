// A run with memory that stalls: it costs cycles, by the seed alone, and changes nothing else.
#include <set>

#include "models/engine/run/run_options.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::StallProfile;

const Shape kStallShape{.batch = 1,
                        .heads = 2,
                        .kv_heads = 2,
                        .seq_q = 90,
                        .seq_kv = 130,
                        .width_qk = 24,
                        .width_v = 16};
// Half of the bandwidth and few requests at once: memory binds, so that its stalls show.
const std::vector<weft::engine::Setting> kBoundByMemory{{"arch.dram.bandwidth_bytes_per_s", "2e9"},
                                                        {"arch.dram.outstanding", "2"}};

class StallProfiles : public testing::TestWithParam<std::string> {};

TEST_P(StallProfiles, CostCyclesByTheSeedAndNothingElse) {
  const weft::engine::Design made = design(at_side(GetParam(), 8), kBoundByMemory);
  const Result plain = run_point(made, kStallShape, {.exact = true});
  ASSERT_EQ(plain.status, weft::engine::Status::ok);
  for (const StallProfile profile :
       {StallProfile::source, StallProfile::sink, StallProfile::both, StallProfile::bursty}) {
    SCOPED_TRACE(std::string(config::name_of(profile)));
    std::set<std::uint64_t> cycles;
    for (const std::uint64_t seed : {1, 2, 3}) {
      const Result once = run_point(made, kStallShape, {.seed = seed, .stall_profile = profile});
      const Result again =
          run_point(made, kStallShape, {.exact = true, .seed = seed, .stall_profile = profile});
      expect_same_run(once, again);
      EXPECT_EQ(once.advance_periods, 0u) << "what depends on random is never skipped";
      EXPECT_GT(once.cycles, plain.cycles);
      for (std::size_t u = 0; u < once.units.size(); ++u) {
        EXPECT_EQ(once.units[u].busy_cycles > 0, plain.units[u].busy_cycles > 0);
        if (once.units[u].kind == weft::engine::UnitKind::buffer)
          continue;  // who waits for ports may change
        EXPECT_EQ(once.units[u].counters, plain.units[u].counters);
        const bool array = once.units[u].kind == weft::engine::UnitKind::array;
        EXPECT_TRUE(!array || once.units[u].busy_cycles == plain.units[u].busy_cycles);
      }
      cycles.insert(once.cycles);
    }
    EXPECT_EQ(cycles.size(), 3u) << "by the seed";
  }
  // Without stalls the seed changes nothing.
  expect_same_run(run_point(made, kStallShape, {.exact = true, .seed = 5}), plain);
}

INSTANTIATE_TEST_SUITE_P(Designs, StallProfiles, testing::Values("fusemax", "flat"));

TEST(Stalls, AFormulaHasNone) {
  const weft::engine::Design made = design("fusemax-8x8");
  const Result result = run_point(
      made, kStallShape,
      {.fidelity = weft::engine::Fidelity::analytic, .stall_profile = StallProfile::both});
  EXPECT_EQ(result.status, weft::engine::Status::infeasible);
  ASSERT_EQ(result.problems.size(), 1u);
  for (const char* part : {"--stall-profile", "'both'", "'none'"})
    EXPECT_NE(result.reason.find(part), std::string::npos) << result.reason;
}

}  // namespace
}  // namespace weft::sim::engine::test
