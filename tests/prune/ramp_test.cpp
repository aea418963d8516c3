#include "models/prune/ramp.hpp"

#include <gtest/gtest.h>

namespace weft::prune {
namespace {

TEST(Ramp, GrowsLinearlyBehindTheFirstLayers) {
  const Ramp ramp{.average = 0.4, .start = 0.2};
  // 12 layers: 15 % are 1.8, so two keep all; then 0.2 … 0.6 over ten, r_start + r_end = 2·r_avg.
  EXPECT_EQ(ramp.ratio(0, 12, kTokenFront), 0);
  EXPECT_EQ(ramp.ratio(1, 12, kTokenFront), 0);
  EXPECT_DOUBLE_EQ(ramp.ratio(2, 12, kTokenFront), 0.2);
  EXPECT_DOUBLE_EQ(ramp.ratio(11, 12, kTokenFront), 0.6);
  double sum = 0;
  for (int layer = 2; layer < 12; ++layer) sum += ramp.ratio(layer, 12, kTokenFront);
  EXPECT_NEAR(sum / 10, 0.4, 1e-12);
  // 30 % are 3.6: four keep all heads.
  EXPECT_EQ(ramp.ratio(3, 12, kHeadFront), 0);
  EXPECT_DOUBLE_EQ(ramp.ratio(4, 12, kHeadFront), 0.2);
  // Half the average where no start is given.
  EXPECT_DOUBLE_EQ(Ramp{.average = 0.4}.ratio(2, 12, kTokenFront), 0.2);
  // One layer alone behind them takes the average.
  EXPECT_DOUBLE_EQ((Ramp{.average = 0.4, .start = 0.2, .front = 0.5}.ratio(1, 2, 0)), 0.4);
}

TEST(Ramp, TakesListsAndSaysWhatIsWrong) {
  const Ramp listed{.by_layer = {0, 0.1, 0.5}};
  EXPECT_EQ(listed.ratio(1, 6, kTokenFront), 0.1);
  EXPECT_EQ(listed.ratio(5, 6, kTokenFront), 0.5);
  EXPECT_FALSE(listed.trouble(6, kTokenFront));
  EXPECT_TRUE((Ramp{.by_layer = {0.5, 0.1}}.trouble(6, 0)));
  EXPECT_TRUE((Ramp{.average = 0.8}.trouble(6, 0))) << "it would end at 1.2";
  EXPECT_TRUE((Ramp{.average = 0.2, .start = 0.3}.trouble(6, 0))) << "it falls";
}

TEST(Ramp, KeepsSome) {
  EXPECT_EQ(kept_of(10, 0), 10);
  EXPECT_EQ(kept_of(10, 0.25), 8);
  EXPECT_EQ(kept_of(10, 0.999), 1);
  EXPECT_EQ(kept_of(1, 0.999), 1);
  EXPECT_EQ(kept_of(0, 0.5), 0);
  EXPECT_EQ(kept_of(993, 0.9), 100);
  EXPECT_EQ(kept_of(100, 0.29), 71) << "0.29 is a little less in binary";
}

}  // namespace
}  // namespace weft::prune
