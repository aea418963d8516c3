// weft_pivot beside select::seed_of: states one behind another, and with pauses between.
#include <Vpivot.h>
#include <gtest/gtest.h>

#include <deque>

#include "models/select/pivot.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

TEST(Pivot, TheWordsOfSplitmix64TwoCyclesLater) {
  const std::uint64_t seed = seed_or(73);
  SCOPED_TRACE(seed_text(seed));
  std::mt19937_64 random(seed);
  Bench<Vpivot> dut(seed);
  pulse_reset(dut);
  ASSERT_EQ(dut->out_valid_o, 0);
  std::deque<std::pair<bool, std::uint32_t>> under_way{{false, 0}, {false, 0}};
  std::uint32_t last = 0;
  std::uint64_t words = 0;
  for (int cycle = 0; cycle < 20000; ++cycle) {
    const bool valid = random() % 3 != 0;
    const std::uint64_t base = random();
    const std::uint64_t round = random() % 40;
    dut->in_valid_i = valid;
    // what whoever asks adds up
    dut->in_state_i = valid ? base + (round + 1) * 0x9E3779B97F4A7C15u : random();
    under_way.emplace_back(valid, static_cast<std::uint32_t>(select::seed_of(base, round) >> 32));
    dut.settle();
    const auto [is, word] = under_way.front();
    under_way.pop_front();
    ASSERT_EQ(dut->out_valid_o, is) << cycle;
    if (is) last = word;
    words += is ? 1 : 0;
    if (words > 0) ASSERT_EQ(dut->word_o, last) << cycle;  // it stays
    dut.tick();
  }
  EXPECT_GT(words, 10000u);
  dut->rst_ni = 0;
  dut.settle();
  EXPECT_EQ(dut->out_valid_o, 0);
}

// The first outputs of the generator from state 0, as its authors publish them (the state is
// advanced before the first).
TEST(Pivot, ThePublishedGenerator) {
  Bench<Vpivot> dut(1);
  pulse_reset(dut);
  std::uint64_t state = 0;
  for (const std::uint64_t published :
       {0xE220A8397B1DCDAFu, 0x6E789E6AA1B965F4u, 0x06C45D188009454Fu, 0xF88BB8A8724C81ECu}) {
    state += 0x9E3779B97F4A7C15u;
    dut->in_valid_i = 1;
    dut->in_state_i = state;
    dut.settle();
    dut.tick();
    dut->in_valid_i = 0;
    dut.settle();
    dut.tick();
    dut.settle();
    ASSERT_EQ(dut->out_valid_o, 1);
    EXPECT_EQ(dut->word_o, published >> 32);
  }
}

}  // namespace
}  // namespace weft::test
