#include "models/select/zero_eliminator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/common/seed.hpp"

namespace weft::select {
namespace {

TEST(ZeroEliminator, LayersOfTheDistance) {
  EXPECT_EQ(shift_layers(0), 0);
  EXPECT_EQ(shift_layers(1), 0);
  EXPECT_EQ(shift_layers(2), 1);
  EXPECT_EQ(shift_layers(3), 2);
  EXPECT_EQ(shift_layers(16), 4);
  EXPECT_EQ(shift_layers(17), 5);
}

// Every pattern of 12 places, and random ones of any length, against std::copy_if; after each layer
// no value is lost.
void compact(const std::vector<int>& values, const std::vector<std::uint8_t>& valid) {
  std::vector<int> expected;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (valid[i] != 0) expected.push_back(values[i]);
  }
  const auto zeros = zeros_before(valid);
  std::vector<Slot<int>> slots(values.size());
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = {values[i], valid[i] != 0, zeros[i]};
  for (int layer = 0; layer < shift_layers(static_cast<std::int64_t>(slots.size())); ++layer) {
    shift(slots, layer);
    ASSERT_EQ(std::count_if(slots.begin(), slots.end(), [](const auto& s) { return s.valid; }),
              static_cast<std::ptrdiff_t>(expected.size()));
  }
  const auto whole = eliminate_zeros(std::span<const int>(values), valid);
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(whole[i].valid, i < expected.size());
    if (i < expected.size()) {
      ASSERT_EQ(whole[i].value, expected[i]);
    }
    ASSERT_EQ(slots[i].valid, whole[i].valid);
  }
}

TEST(ZeroEliminator, CompactsEveryPatternOfTwelve) {
  std::vector<int> values(12);
  std::vector<std::uint8_t> valid(12);
  for (std::size_t i = 0; i < 12; ++i) values[i] = static_cast<int>(100 + i);
  for (unsigned pattern = 0; pattern < 4096; ++pattern) {
    for (std::size_t i = 0; i < 12; ++i) valid[i] = (pattern >> i & 1u) != 0;
    compact(values, valid);
  }
}

TEST(ZeroEliminator, CompactsAnyLength) {
  const std::uint64_t seed = weft::test::seed_or(4);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  for (int run = 0; run < 300; ++run) {
    const std::size_t count = random() % 200;
    std::vector<int> values(count);
    std::vector<std::uint8_t> valid(count);
    for (auto& x : values) x = static_cast<int>(random() % 1000);
    const std::uint64_t share = 1 + random() % 8;
    for (auto& v : valid) v = random() % share == 0;
    compact(values, valid);
  }
}

}  // namespace
}  // namespace weft::select
