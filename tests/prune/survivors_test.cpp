#include "models/prune/survivors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "models/prune/ramp.hpp"
#include "tests/common/seed.hpp"

namespace weft::prune {
namespace {

// Importances as they come, over random ramps, layers and steps of a decoder that appends a token a
// step: what is gone in a layer never comes back, in a later layer or in any later step.
TEST(Survivors, WhatIsPrunedStaysPruned) {
  const std::uint64_t seed = weft::test::seed_or(8);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  std::int64_t pruned = 0;
  for (int run = 0; run < 200; ++run) {
    const auto layers = static_cast<std::int64_t>(1 + random() % 8);
    Ramp ramp{.average = static_cast<double>(random() % 50) / 100, .start = 0};
    ramp.front = static_cast<double>(random() % 4) / 10;
    Tokens tokens(static_cast<std::int64_t>(1 + random() % 60), layers);
    const auto recent = static_cast<std::int64_t>(random() % 3);
    std::vector<std::set<std::int64_t>> gone(static_cast<std::size_t>(layers));
    for (int step = 0; step < 6; ++step) {
      for (std::int64_t layer = 0; layer < layers; ++layer) {
        const auto alive = tokens.alive(layer);
        ASSERT_FALSE(alive.empty());
        const std::set<std::int64_t> here(alive.begin(), alive.end());
        for (const std::int64_t token : gone[static_cast<std::size_t>(layer)])
          ASSERT_FALSE(here.contains(token)) << "run " << run << " step " << step;
        for (const std::int64_t token : alive)
          tokens.set_importance(token,
                                tokens.importance(token) + static_cast<std::int64_t>(random() % 5));
        if (layer + 1 == layers) break;
        const std::int64_t kept =
            kept_of(tokens.count(), ramp.ratio(layer + 1, layers, kTokenFront));
        const auto before = tokens.alive(layer + 1);
        tokens.prune(layer + 1, kept, random(), recent);
        const auto after = tokens.alive(layer + 1);
        ASSERT_EQ(static_cast<std::int64_t>(after.size()),
                  std::min(kept, static_cast<std::int64_t>(before.size())));
        for (std::int64_t t = tokens.count() - std::min(recent, kept); t < tokens.count(); ++t)
          ASSERT_TRUE(std::binary_search(after.begin(), after.end(), t)) << "recent ones stay";
        for (const std::int64_t token : before) {
          if (std::binary_search(after.begin(), after.end(), token)) continue;
          ++pruned;
          for (std::int64_t l = layer + 1; l < layers; ++l)
            gone[static_cast<std::size_t>(l)].insert(token);
        }
      }
      tokens.append();
    }
  }
  EXPECT_GT(pruned, 1000);
}

TEST(Survivors, KeepsTheMostImportantAndOfEqualOnesTheFirst) {
  Tokens tokens(6, 3);
  const std::int64_t importance[] = {5, 9, 5, 5, 7, 1};
  for (std::int64_t i = 0; i < 6; ++i) tokens.set_importance(i, importance[i]);
  tokens.prune(1, 3, 1);
  EXPECT_EQ(tokens.alive(0).size(), 6u);
  EXPECT_EQ(tokens.alive(1), (std::vector<std::int64_t>{0, 1, 4}));
  EXPECT_EQ(tokens.alive(2), (std::vector<std::int64_t>{0, 1, 4}));
  tokens.prune(2, 1, 1);
  EXPECT_EQ(tokens.alive(2), (std::vector<std::int64_t>{1}));
}

}  // namespace
}  // namespace weft::prune
