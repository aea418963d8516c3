// Every row of the three published tables, by the rules.
#include "models/evaluation/published.hpp"

#include <fmt/format.h>

#include "models/evaluation/fusemax/linear_rules.hpp"
#include "models/evaluation/fusemax/pareto_rules.hpp"
#include "tests/evaluation/support.hpp"

namespace weft::evaluation::test {
namespace {

constexpr double kExact = 1e-9;
constexpr double kEnergy = 1e-4;
constexpr double kArea = 1e-9;  // a µm² more or less shows

TEST(PublishedRows, Attention) {
  const AttentionRules rules = published_rules();
  Worst worst("attention");
  int einsums = 0;
  for (const PublishedAttention& row :
       read_published_attention(published_file("fusemax-attention.csv"))) {
    const std::string name = fmt::format("{} {} {}", name_of(row.config), row.model, row.length);
    const AttentionResult result =
        evaluate(row.config, published_model(row.model), row.length, rules);
    worst.hold("latency", result.latency_s, row.latency_s, kExact, name);
    worst.hold("traffic", result.traffic_bytes, row.traffic_bytes, kExact, name);
    worst.hold("energy", result.energy_pj, row.energy_pj, kEnergy, name);
    worst.hold("utilisation_2d", result.utilisation_2d, row.utilisation_2d, kExact, name);
    worst.hold("utilisation_1d", result.utilisation_1d, row.utilisation_1d, kExact, name);
    for (const auto member : {&EinsumUse::qk, &EinsumUse::lm, &EinsumUse::sln, &EinsumUse::sld,
                              &EinsumUse::slnv, &EinsumUse::av}) {
      const auto ours = result.einsums.*member;
      const auto theirs = row.einsums.*member;
      ASSERT_EQ(ours.has_value(), theirs.has_value()) << name;
      if (!ours) continue;
      worst.hold("einsum", *ours, *theirs, kExact, name);
      ++einsums;
    }
  }
  EXPECT_EQ(einsums, 8 * 2 + 8 * 2 + 2 * 8 * 5);
  EXPECT_EQ(worst.compared() - einsums, 40 * 5);
}

TEST(PublishedRows, LinearLayers) {
  Worst worst("linear");
  for (const PublishedLinear& row :
       read_published_linear(published_file("fusemax-linear-layers.csv"))) {
    const std::string name = fmt::format("{} {} {}", name_of(row.config), row.model, row.length);
    const LinearResult result =
        evaluate_linear(row.config, published_model(row.model), row.length, published_costs());
    worst.hold("latency", result.latency_s, row.latency_s, kExact, name);
    worst.hold("traffic", result.traffic_bytes, row.traffic_bytes, kExact, name);
    worst.hold("energy", result.energy_pj, row.energy_pj, kEnergy, name);
  }
  EXPECT_EQ(worst.compared(), 16 * 3);
}

TEST(PublishedRows, Pareto) {
  Worst worst("pareto");
  for (const PublishedPareto& row : read_published_pareto(published_file("fusemax-pareto.csv"))) {
    const std::string name = fmt::format("{} side {}", row.model, row.side);
    const ParetoResult result =
        evaluate_pareto(row.side, published_model(row.model), published_costs());
    EXPECT_EQ(row.accelerator, "proposal");
    worst.hold("traffic", result.traffic_bytes, row.traffic_bytes, kExact, name);
    worst.hold("memory", result.memory_s, row.memory_s, kExact, name);
    worst.hold("compute_2d", result.compute_2d_s, row.compute_2d_s, kExact, name);
    worst.hold("compute_1d", result.compute_1d_s, row.compute_1d_s, kExact, name);
    worst.hold("latency", result.latency_s, row.latency_s, kExact, name);
    worst.hold("array_2d_area", result.array_2d_um2, row.array_2d_um2, kArea, name);
    ASSERT_TRUE(result.area_um2.has_value()) << name;
    worst.hold("area", *result.area_um2, row.area_um2, kArea, name);
  }
  EXPECT_EQ(worst.compared(), 12 * 7);
}

}  // namespace
}  // namespace weft::evaluation::test
