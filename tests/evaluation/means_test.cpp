// The headline figures of the paper from the rules, and means of points made up by hand.
#include "models/evaluation/means.hpp"

#include "models/common/error.hpp"
#include "tests/evaluation/support.hpp"

namespace weft::evaluation::test {
namespace {

TEST(Means, HeadlineFigures) {
  const AttentionRules rules = published_rules();
  const Means means = means_of(rule_attention_points(rules), rule_linear_points(rules.costs));
  EXPECT_EQ(means.pairs, 24u);
  Worst worst("means");
  for (const NamedMean& named : kMeans) {
    const std::optional<double> value = means.*named.member;
    ASSERT_TRUE(value.has_value()) << named.name;
    std::printf("  %s: %.4f\n", named.name, *value);
    if (named.published > 0) worst.hold(named.name, *value, named.published, 2e-3, "all");
  }
  EXPECT_EQ(worst.compared(), 8);
}

TEST(Means, ByHand) {
  const std::vector<MeasuredPoint> attention{{Config::binding, "A", 1024, 1, 10},
                                             {Config::binding, "A", 4096, 2, 20},
                                             {Config::flat, "A", 1024, 3, 20},
                                             {Config::flat, "A", 4096, 10, 80},
                                             {Config::unfused, "A", 1024, 3, 20}};
  const Means alone = means_of(attention, {});
  EXPECT_EQ(alone.pairs, 2u);
  EXPECT_DOUBLE_EQ(alone.speedup_over_flat.value(), 4);
  EXPECT_DOUBLE_EQ(alone.energy_to_flat.value(), 0.375);
  EXPECT_FALSE(alone.speedup_over_unfused.has_value());  // lacks 4096
  EXPECT_FALSE(alone.speedup_over_cascade.has_value());
  EXPECT_FALSE(alone.end_to_end_speedup_over_flat.has_value());
  const std::vector<MeasuredPoint> linear{{Config::binding, "A", 1024, 1, 10},
                                          {Config::binding, "A", 4096, 2, 20},
                                          {Config::flat, "A", 1024, 1, 20},
                                          {Config::flat, "A", 4096, 2, 20}};
  const Means with = means_of(attention, linear);
  EXPECT_DOUBLE_EQ(with.end_to_end_speedup_over_flat.value(), (4.0 / 2 + 12.0 / 4) / 2);
  EXPECT_DOUBLE_EQ(with.end_to_end_energy_to_flat.value(), (20.0 / 40 + 40.0 / 100) / 2);
  EXPECT_DOUBLE_EQ(with.speedup_over_flat.value(), 4);
}

TEST(Means, NothingToCompare) {
  const Means means = means_of({}, {});
  EXPECT_EQ(means.pairs, 0u);
  for (const NamedMean& named : kMeans)
    EXPECT_FALSE((means.*named.member).has_value()) << named.name;
}

TEST(Means, RefusesWhatMakesNoMean) {
  EXPECT_THROW(means_of({{Config::flat, "A", 1, 1, 1}, {Config::flat, "A", 1, 1, 1}}, {}),
               ContractError);
  EXPECT_THROW(means_of({{Config::flat, "A", 1, 0, 1}}, {}), ContractError);
}

}  // namespace
}  // namespace weft::evaluation::test
