// The example of docs/guides/from-cpp.md: it is what the page shows, and it finds what it says.
#include "tests/engine/sweep_example.hpp"

#include <fstream>
#include <iterator>

#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

std::string example_contents(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(SweepExample, StandsInTheGuideAsItIs) {
  const std::string example = example_contents(WEFT_SOURCE_DIR "/tests/engine/sweep_example.hpp");
  const std::string page = example_contents(WEFT_SOURCE_DIR "/docs/guides/from-cpp.md");
  ASSERT_FALSE(example.empty());
  EXPECT_NE(page.find("```cpp\n" + example + "```\n"), std::string::npos);
}

TEST(SweepExample, FindsABandwidthThatIsEnoughAndHalfOfItIsNot) {
  constexpr std::int64_t kTokens = 256;
  const sweep::Found found =
      sweep::least_bandwidth(WEFT_SOURCE_DIR "/configs", "fusemax-16x16", kTokens);
  const auto cycles = [&](double bandwidth) {
    return run_point(design("fusemax-16x16",
                            {{"arch.dram.bandwidth_bytes_per_s", config::number_text(bandwidth)}}),
                     {.heads = 12,
                      .kv_heads = 12,
                      .seq_q = kTokens,
                      .seq_kv = kTokens,
                      .width_qk = 64,
                      .width_v = 64})
        .cycles;
  };
  const double most = static_cast<double>(cycles(1e12));
  EXPECT_EQ(found.simulated.cycles, cycles(found.bandwidth_bytes_per_s));
  EXPECT_LE(static_cast<double>(found.simulated.cycles), 1.021 * most);
  EXPECT_GT(static_cast<double>(cycles(found.bandwidth_bytes_per_s / 2)), 1.019 * most);
  EXPECT_TRUE(found.why.empty());
  EXPECT_EQ(found.command,
            "weft run --design fusemax-16x16 --workload " WEFT_SOURCE_DIR
            "/configs/workload/bert-base.yaml --batch 1 --seq 256 --fidelity systemc --seed 1 "
            "--set arch.dram.bandwidth_bytes_per_s=" +
                config::number_text(found.bandwidth_bytes_per_s));
}

}  // namespace
}  // namespace weft::sim::engine::test
