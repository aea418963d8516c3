// weft_row_seed beside select::seed_of: seeds of selections one behind another and with pauses
// between, over several runs.
#include <Vrow_seed.h>
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "models/select/pivot.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

struct Asked {
  bool valid = false;
  std::uint64_t tag = 0;
  std::uint64_t seed = 0;
};

TEST(RowSeed, SeedsAndTheirWordsFourCyclesLater) {
  const std::uint64_t seed = seed_or(75);
  SCOPED_TRACE(seed_text(seed));
  std::mt19937_64 random(seed);
  Bench<Vrow_seed> dut(seed);
  pulse_reset(dut);
  std::deque<Asked> under_way(4);
  std::uint64_t run = random();
  std::uint64_t number = 0;
  std::uint64_t made = 0;
  for (int cycle = 0; cycle < 20000; ++cycle) {
    const bool begins = random() % 500 == 0;
    const bool valid = !begins && random() % 3 != 0;
    if (begins) run = random();
    dut->begin_i = begins;
    dut->seed_i = run;
    dut->in_valid_i = valid;
    dut->in_tag_i = static_cast<std::uint8_t>(random() % 32);
    under_way.push_back({valid, dut->in_tag_i, select::seed_of(run, number)});
    if (begins) number = 0;
    if (valid) ++number;
    dut.settle();
    const Asked due = under_way.front();
    under_way.pop_front();
    ASSERT_EQ(dut->out_valid_o, due.valid) << cycle;
    if (due.valid) {
      ++made;
      ASSERT_EQ(dut->out_tag_o, due.tag) << cycle;
      ASSERT_EQ(dut->out_seed_o, due.seed) << cycle;
      ASSERT_EQ(dut->out_word_o, select::seed_of(due.seed, 0) >> 32) << cycle;
    }
    dut.tick();
  }
  EXPECT_GT(made, 10000u);
  dut->rst_ni = 0;
  dut.settle();
  EXPECT_EQ(dut->out_valid_o, 0);
}

}  // namespace
}  // namespace weft::test
