// What the rules say beyond the published rows: shares of energy, bounds, lengths and models
// without a published row.
#include <initializer_list>

#include "models/common/error.hpp"
#include "models/evaluation/fusemax/linear_rules.hpp"
#include "models/evaluation/fusemax/pareto_rules.hpp"
#include "tests/evaluation/support.hpp"

namespace weft::evaluation::test {
namespace {

const Model kBert = published_model("BERT");

double share_of_macs(Config config, const char* model) {
  const AttentionResult result = evaluate(config, published_model(model), 4096, published_rules());
  return result.energy.macs / result.energy_pj;
}

// The shares that docs/units/rules.md states, at 4K.
TEST(Rules, SharesOfMacs) {
  EXPECT_NEAR(share_of_macs(Config::binding, "BERT"), 0.96, 0.005);
  EXPECT_NEAR(share_of_macs(Config::flat, "BERT"), 0.71, 0.005);
  EXPECT_NEAR(share_of_macs(Config::unfused, "BERT"), 0.68, 0.005);
  EXPECT_NEAR(share_of_macs(Config::binding, "XLM"), 0.96, 0.005);
  EXPECT_NEAR(share_of_macs(Config::flat, "XLM"), 0.82, 0.005);
  EXPECT_NEAR(share_of_macs(Config::unfused, "XLM"), 0.79, 0.005);
}

// Rows of the buffer, whose energies are fitted: 13 to 25 % of unfused, flat and cascade, 3 % of
// FuseMax.
TEST(Rules, SharesOfTheBuffer) {
  const AttentionRules rules = published_rules();
  int compared = 0;
  for (const Config config : kConfigs) {
    const bool fusemax = config == Config::binding || config == Config::architecture;
    for (const char* model : {"BERT", "XLM"}) {
      const AttentionResult result = evaluate(config, published_model(model), 4096, rules);
      const double share = result.energy.buffer / result.energy_pj;
      EXPECT_GE(share, fusemax ? 0.025 : 0.125) << name_of(config) << " " << model;
      EXPECT_LE(share, fusemax ? 0.035 : 0.255) << name_of(config) << " " << model;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 10);
}

// 64 K·64 K scores a head in tiles of 256², 138.25 cycles each, worked out by hand.
TEST(Rules, FuseMaxLatencyByHand) {
  const AttentionResult result = evaluate(Config::binding, kBert, 65536, published_rules());
  EXPECT_DOUBLE_EQ(result.latency_s, 768.0 * 65536.0 * 138.25 / 940e6);
  EXPECT_DOUBLE_EQ(result.utilisation_2d, 137.0 / 138.25);
}

TEST(Rules, Bounds) {
  const AttentionRules rules = published_rules();
  const auto bound = [&](Config config, std::int64_t length) {
    return evaluate(config, kBert, length, rules).bound;
  };
  EXPECT_EQ(bound(Config::binding, 4096), Bound::array_1d);
  EXPECT_EQ(bound(Config::cascade, 4096), Bound::array_1d);
  EXPECT_EQ(bound(Config::unfused, 4096), Bound::array_1d);
  EXPECT_EQ(bound(Config::flat, 4096), Bound::array_1d);
  EXPECT_EQ(bound(Config::flat, 1 << 20), Bound::memory);
}

// The two models without published rows: attention is in proportion to the heads, for FLAT uses
// BERT's mappings too.
TEST(Rules, ModelsWithoutPublishedRows) {
  const AttentionRules rules = published_rules(Mends{.no_overflow = true});
  int compared = 0;
  for (const char* name : {"TrXL", "T5"}) {
    const Model& model = published_model(name);
    const double heads = static_cast<double>(model.heads) / 12;
    for (const Config config : kConfigs) {
      for (const std::int64_t length : kPublishedLengths) {
        const AttentionResult ours = evaluate(config, model, length, rules);
        const AttentionResult bert = evaluate(config, kBert, length, rules);
        EXPECT_NEAR(ours.latency_s / bert.latency_s, heads, 1e-12);
        EXPECT_NEAR(ours.traffic_bytes / bert.traffic_bytes, heads, 1e-12);
        EXPECT_NEAR(ours.energy_pj / bert.energy_pj, heads, 1e-12);
        EXPECT_DOUBLE_EQ(ours.utilisation_2d, bert.utilisation_2d);
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, 2 * 5 * 6);
}

TEST(Rules, ProductsAddUp) {
  const LinearResult result = evaluate_linear(Config::binding, kBert, 1024, published_costs());
  double latency = 0;
  double traffic = 0;
  double energy = 0;
  for (const LinearProduct& product : result.products) {
    latency += product.latency_s;
    traffic += product.traffic_bytes;
    energy += product.energy_pj;
  }
  EXPECT_DOUBLE_EQ(latency, result.latency_s);
  EXPECT_DOUBLE_EQ(traffic, result.traffic_bytes);
  EXPECT_DOUBLE_EQ(energy, result.energy_pj);
  EXPECT_STREQ(result.products[4].name, "FFN1");
  EXPECT_DOUBLE_EQ(result.products[4].latency_s, 65536.0 * 768 * 3072 / 65536 / 940e6);
}

// XLM's FFN blocks: X0 = 4096 and 1024 rows in 32 MiB, 2048 and 512 in 16 MiB; weights stream X /
// X0 times.
TEST(Rules, XlmStreamsItsFeedForwardWeights) {
  const Model& xlm = published_model("XLM");
  const double rows = 65536;
  const auto traffic = [&](double repeats) {
    return 2 * (rows * 2048 + repeats * 2048 * 8192 + rows * 8192);
  };
  const LinearResult large = evaluate_linear(Config::flat, xlm, 1024, published_costs());
  const LinearResult small = evaluate_linear(Config::binding, xlm, 1024, published_costs());
  EXPECT_DOUBLE_EQ(large.products[4].traffic_bytes, traffic(rows / 4096));
  EXPECT_DOUBLE_EQ(large.products[5].traffic_bytes, traffic(rows / 1024));
  EXPECT_DOUBLE_EQ(small.products[4].traffic_bytes, traffic(rows / 2048));
  EXPECT_DOUBLE_EQ(small.products[5].traffic_bytes, traffic(rows / 512));
}

TEST(Rules, ParetoBuffers) {
  const RuleCosts costs = published_costs();
  EXPECT_EQ(evaluate_pareto(256, kBert, costs).buffer_bytes, 256 << 10);
  EXPECT_EQ(evaluate_pareto(512, kBert, costs).buffer_bytes, 1 << 20);
  EXPECT_EQ(evaluate_pareto(512, published_model("XLM"), costs).buffer_bytes, 2 << 20);
}

// A table without areas of such a buffer has times, and no area.
TEST(Rules, NoAreaWithoutItsBuffer) {
  RuleCosts costs = published_costs();
  costs.srams.pop_back();
  EXPECT_FALSE(evaluate_pareto(512, published_model("XLM"), costs).area_um2.has_value());
  EXPECT_TRUE(evaluate_pareto(256, published_model("XLM"), costs).area_um2.has_value());
}

// No energy or area is the rules' own: all follow the costs in proportion.
TEST(Rules, NoNumbersOfTheirOwn) {
  AttentionRules rules = published_rules();
  rules.costs = RuleCosts{};
  for (const Config config : kConfigs) {
    const AttentionResult result = evaluate(config, kBert, 4096, rules);
    EXPECT_EQ(result.energy_pj, 0) << name_of(config);
    EXPECT_GT(result.latency_s, 0) << name_of(config);
  }
  EXPECT_EQ(evaluate_linear(Config::flat, kBert, 4096, RuleCosts{}).energy_pj, 0);
  EXPECT_EQ(evaluate_pareto(16, kBert, RuleCosts{}).array_2d_um2,
            16);  // a µm² of network for each column
}

TEST(RulesBadInput, LengthsAndModels) {
  const AttentionRules rules = published_rules();
  for (const std::int64_t length :
       {std::int64_t{0}, std::int64_t{-256}, std::int64_t{1000}, std::int64_t{1} << 40}) {
    for (const Config config : kConfigs)
      EXPECT_THROW(evaluate(config, kBert, length, rules), ConfigError) << length;
    EXPECT_THROW(evaluate_linear(Config::flat, kBert, length, rules.costs), ConfigError) << length;
  }
  EXPECT_THROW(evaluate(Config::flat, kBert, 768, rules), ConfigError);  // FLAT has no mapping
  EXPECT_NO_THROW(evaluate(Config::binding, kBert, 768, rules));
  EXPECT_THROW(
      evaluate(Config::flat, {.model_width = 768, .heads = 12, .width = 96, .feed_forward = 3072},
               1024, rules),
      ConfigError);
  EXPECT_THROW(evaluate(Config::binding, Model{}, 1024, rules), ConfigError);
  EXPECT_THROW(evaluate_linear(Config::flat, {.heads = 12, .width = 64}, 1024, rules.costs),
               ConfigError);
  EXPECT_THROW(evaluate_pareto(24, kBert, rules.costs), ConfigError);
  EXPECT_THROW(evaluate_pareto(8, kBert, rules.costs), ConfigError);
  EXPECT_THROW(published_model("GPT"), ConfigError);
}

}  // namespace
}  // namespace weft::evaluation::test
