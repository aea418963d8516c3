// What the SpAtten engine in RTL refuses: each limit by its field, its value and what is allowed.
#include <gtest/gtest.h>

#include <cmath>

#include "models/prune/ramp.hpp"
#include "sim/engine/spatten/rtl_program.hpp"
#include "tests/spatten/support.hpp"

namespace weft::sim::test {
namespace {

workload::Shape shape(std::int64_t heads, std::int64_t seq_q, std::int64_t seq_kv,
                      std::int64_t width_qk, std::int64_t width_v) {
  workload::Shape s;
  s.batch = 1;
  s.heads = s.kv_heads = heads;
  s.seq_q = seq_q;
  s.seq_kv = seq_kv;
  s.width_qk = width_qk;
  s.width_v = width_v;
  return s;
}

struct Refused {
  std::string name;
  std::vector<Setting> settings;
  workload::Shape shape = weft::sim::test::shape(1, 8, 8, 32, 32);
  std::string field;
  std::string value;
  std::string says;
  const char* design = "spatten-rtl-smallest";
};

class Limits : public testing::TestWithParam<Refused> {};

TEST_P(Limits, AreSaid) {
  const Refused& c = GetParam();
  workload::Workload workload;
  workload = workload.at(c.shape);
  RunOptions options;
  options.fidelity = weft::engine::Fidelity::rtl;
  const Result result = weft::sim::engine::run(design(c.design, c.settings), workload, options);
  EXPECT_FALSE(result.ran());
  ASSERT_EQ(result.problems.size(), 1u) << result.reason;
  EXPECT_EQ(result.problems[0].field, c.field);
  EXPECT_EQ(result.problems[0].value, c.value);
  EXPECT_NE(result.problems[0].message.find(c.says), std::string::npos)
      << result.problems[0].message;
}

const std::string kUnits = "arch.assembly.units.";
const std::string kNumbers = "binding.run.numbers.";

INSTANTIATE_TEST_SUITE_P(
    Rtl, Limits,
    testing::Values(
        Refused{"multipliers",
                {{kUnits + "qk.attributes.multipliers", "128"}},
                shape(1, 8, 8, 32, 32),
                kUnits + "qk.attributes.multipliers",
                "128",
                "the RTL has 16"},
        Refused{"channels",
                {{kUnits + "dram.attributes.channels", "1"}},
                shape(1, 8, 8, 32, 32),
                kUnits + "dram.attributes.channels",
                "1",
                "the RTL has 2",
                "spatten-rtl-double"},
        Refused{"width_of_half_a_word",
                {},
                shape(1, 8, 8, 32, 48),
                "--width-v",
                "48",
                "multiples of 32 up to 64",
                "spatten-rtl-double"},
        Refused{"queue",
                {{kUnits + "dram.attributes.queue", "32"}},
                shape(1, 8, 8, 32, 32),
                kUnits + "dram.attributes.queue",
                "32",
                "the RTL has 16"},
        Refused{"bus",
                {{"arch.dram.bus_bytes", "16"}},
                shape(1, 8, 8, 32, 32),
                "arch.dram.bus_bytes",
                "16",
                "the RTL has 32"},
        Refused{"part",
                {{"arch.dram.part", "hbm2"}},
                shape(1, 8, 8, 32, 32),
                "arch.dram.part",
                "hbm2",
                "the RTL has no such value"},
        Refused{"query",
                {{kNumbers + "query", "8"}},
                shape(1, 8, 8, 32, 32),
                kNumbers + "query",
                "8",
                "12 bits"},
        Refused{"value",
                {{kNumbers + "value", "8"}},
                shape(1, 8, 8, 32, 32),
                kNumbers + "value",
                "8",
                "12 bits"},
        Refused{"key_of_10",
                {{kNumbers + "key", "6+4"}},
                shape(1, 8, 8, 32, 32),
                kNumbers + "key",
                "6+4",
                "12, 8+4 or 4+8"},
        Refused{"key_of_odd_planes",
                {{kNumbers + "key", "9+3"}},
                shape(1, 8, 8, 64, 64),
                kNumbers + "key",
                "9+3",
                "12, 8+4 or 4+8"},
        Refused{"outputs",
                {{kNumbers + "outputs", "one-pass-bf16"}},
                shape(1, 8, 8, 32, 32),
                kNumbers + "outputs",
                "one-pass-bf16",
                "fixed-point"},
        Refused{"side_by_side",
                {{"binding.run.keys_side_by_side", "2"}},
                shape(1, 8, 8, 32, 32),
                "binding.run.keys_side_by_side",
                "2",
                "apart: 1"},
        Refused{
            "width", {}, shape(1, 8, 8, 40, 32), "--width-qk", "40", "multiples of 16 up to 64"},
        Refused{"wide", {}, shape(1, 8, 8, 32, 80), "--width-v", "80", "multiples of 16 up to 64"},
        Refused{"narrow_plane",
                {},
                shape(1, 8, 8, 16, 16),
                "--width-qk",
                "16",
                "16 elements of 4 bits are 8"},
        Refused{"keys", {}, shape(1, 8, 129, 32, 32), "--seq-kv", "129", "at most 128"},
        Refused{"queries", {}, shape(1, 129, 8, 32, 32), "--seq-q", "129", "at most 128"},
        Refused{"heads", {}, shape(17, 8, 8, 32, 32), "--heads", "17", "at most 16"}),
    [](const auto& tested) { return tested.param.name; });

TEST(Limits, ADesignWithoutRtlSaysWhatThereIs) {
  workload::Workload workload;
  workload = workload.at(shape(1, 8, 8, 32, 32));
  RunOptions options;
  options.fidelity = weft::engine::Fidelity::rtl;
  const Result result = weft::sim::engine::run(design("spatten"), workload, options);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_NE(result.problems[0].message.find("allowed here: systemc"), std::string::npos);
}

// The register's share by its own rule: max(n − ⌊n · share / 2^16⌋, 1).
TEST(PrunedShare, LeavesAsManyOutAsTheModels) {
  int found = 0;
  for (int percent = 0; percent <= 99; ++percent) {
    const double ratio = percent / 100.0;
    const auto share = engine::spatten::pruned_share(ratio, 128);
    if (!share) continue;
    ++found;
    for (std::int64_t n = 1; n <= 128; ++n) {
      const auto left = static_cast<std::int64_t>(
          std::floor(static_cast<double>(n) * ratio + 1e-9));  // models/prune/ramp.hpp in words
      const std::int64_t kept =
          std::max<std::int64_t>(n - (n * static_cast<std::int64_t>(*share) >> 16), 1);
      ASSERT_EQ(kept, std::max<std::int64_t>(n - left, 1)) << percent << "% of " << n;
    }
  }
  EXPECT_EQ(found, 100);
}

}  // namespace
}  // namespace weft::sim::test
