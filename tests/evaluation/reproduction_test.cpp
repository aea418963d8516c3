// The reproduction as a whole: what is in it, that what it says of differences is true, and that its documents hold it.
#include "models/evaluation/reproduction.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "models/engine/run.hpp"

namespace weft::evaluation {
namespace {

const std::string kConfigs = WEFT_SOURCE_DIR "/configs";

std::vector<cost::Table> tables() {
  return {cost::load_table(kConfigs + "/cost/fusemax-as-published-45nm.yaml"), cost::load_table(kConfigs + "/cost/horowitz-45nm.yaml")};
}

// Rules and closed form, once for all tests.
const Reproduction& analytic() {
  static const Reproduction kAll = [] {
    Reproduction all;
    all.fidelity = "analytic";
    for (const cost::Table& table : tables()) all.tables.push_back(table.name);
    all.cost_table = all.tables[0];
    for (const NamedModel& model : kPublishedModels) all.layers[model.name] = 12;
    const Published published = read_published(kConfigs + "/published");
    add_rules(all, published, tables());
    const Bench bench(engine::Catalog(kConfigs), tables());
    std::vector<Outcome> outcomes;
    for (const Job& job : evaluation_jobs()) {
      outcomes.push_back(bench.run(job, [](const engine::Design& design, const workload::Workload& workload, const workload::Shape& shape) {
        return engine::run_analytic(design, workload, shape);
      }));
    }
    add_outcomes(all, published, "analytic", outcomes);
    conclude(all, published, tables());
    return all;
  }();
  return kAll;
}

TEST(Reproduction, JobsAreEveryPointOnce) {
  std::set<std::string> seen;
  int attention = 0;
  for (const Job& job : evaluation_jobs()) {
    EXPECT_TRUE(seen.insert(std::to_string(static_cast<int>(job.kind)) + name_of(job.config) + job.model + std::to_string(job.length) +
                            job.product + std::to_string(job.side))
                    .second);
    attention += job.kind == JobKind::attention ? 1 : 0;
  }
  EXPECT_EQ(attention, 5 * 4 * 6);
}

TEST(Reproduction, RulesGiveThePublishedMeans) {
  const Means& means = analytic().means.at("rules").at("fusemax-as-published-45nm");
  int stated = 0;
  for (const NamedMean& mean : kMeans) {
    if (mean.published == 0) continue;
    EXPECT_NEAR(*(means.*mean.member), mean.published, 0.002 * mean.published) << mean.name;
    ++stated;
  }
  EXPECT_EQ(stated, 8);
}

TEST(Reproduction, OurOwnFidelityKeepsTheOrderOfTheDesigns) {
  for (const NamedModel& model : kPublishedModels) {
    for (const std::int64_t length : kPublishedLengths) {
      std::map<Config, double> latency;
      for (const AttentionPoint& p : analytic().points) {
        if (p.fidelity == "analytic" && p.model == model.name && p.length == length) latency[p.config] = p.outcome.latency_s;
      }
      ASSERT_EQ(latency.size(), 5u);
      EXPECT_LT(latency[Config::binding], latency[Config::architecture]);
      // Cascade and flat change places with the price of a subtraction (the page's section on order says where).
      EXPECT_LT(latency[Config::architecture], std::min(latency[Config::cascade], latency[Config::flat]));
      EXPECT_LT(std::max(latency[Config::cascade], latency[Config::flat]), latency[Config::unfused]);
    }
  }
}

// The mapper's FLAT and unfused move no more, and take no longer, than the published FLAT.
TEST(Reproduction, OurFlatIsNoWorseThanThePublishedOne) {
  int compared = 0;
  for (const AttentionPoint& p : analytic().points) {
    if (p.fidelity != "analytic" || p.config != Config::flat || !p.published) continue;
    EXPECT_LE(p.outcome.latency_s, 1.0002 * p.published->latency_s) << p.model << p.length;  // fill and drain
    EXPECT_LE(p.outcome.traffic_bytes, p.published->traffic_bytes) << p.model << p.length;
    ++compared;
  }
  EXPECT_EQ(compared, 8);
}

TEST(Reproduction, EveryDifferenceAboveOnePercentHasAReasonAndNoOther) {
  int reasons = 0;
  for (const AttentionPoint& p : analytic().points) {
    if (!p.published || p.fidelity == "rules") {
      EXPECT_TRUE(p.reason.empty());
      continue;
    }
    const auto differs = [](double ours, double published) { return std::abs(ours / published - 1) > 0.01; };
    const bool any = differs(p.outcome.latency_s, p.published->latency_s) || differs(p.outcome.traffic_bytes, p.published->traffic_bytes) ||
                     differs(p.outcome.energy.at(analytic().cost_table).total(), p.published->energy_pj) ||
                     differs(p.outcome.utilisation_2d, p.published->utilisation_2d) ||
                     differs(p.outcome.utilisation_1d, p.published->utilisation_1d);
    EXPECT_EQ(!p.reason.empty(), any) << design_name(p.config) << p.model << p.length << p.reason;
    reasons += any ? 1 : 0;
  }
  EXPECT_GT(reasons, 20);
}

// The two causes named for fusemax-architecture explain it whole: the rules with them are within 0.1 % of ours.
TEST(Reproduction, TheArchitecturesLatencyIsExplained) {
  int compared = 0;
  for (const AttentionPoint& p : analytic().points) {
    if (p.reason.find("real way") == std::string::npos) continue;
    EXPECT_TRUE(p.reason.find(", +0.0 % from here") != std::string::npos || p.reason.find(", -0.0 % from here") != std::string::npos)
        << p.reason;
    ++compared;
  }
  EXPECT_EQ(compared, 8);
}

TEST(Reproduction, EnergyIsTheSumOfItsPartsAndOfEveryTable) {
  for (const AttentionPoint& p : analytic().points) {
    ASSERT_EQ(p.outcome.energy.size(), 2u);
    for (const auto& [table, parts] : p.outcome.energy) {
      EXPECT_GT(parts.total(), 0) << table;
      EXPECT_GT(parts.macs, 0) << table;
    }
    // Every element's registers are charged in one table, one of all in the other.
    EXPECT_GT(p.outcome.energy.at("horowitz-45nm").registers, p.outcome.energy.at("fusemax-as-published-45nm").registers);
  }
}

TEST(Reproduction, AnOutcomeSurvivesThePipe) {
  for (const AttentionPoint& p : analytic().points) {
    const Outcome again = from_line(to_line(p.outcome));
    EXPECT_EQ(to_line(again), to_line(p.outcome));
    EXPECT_EQ(again.latency_s, p.outcome.latency_s);
    EXPECT_EQ(again.mapping, p.outcome.mapping);
    EXPECT_EQ(again.energy.at("horowitz-45nm").buffer, p.outcome.energy.at("horowitz-45nm").buffer);
  }
  EXPECT_THROW(from_line("ok\t1"), ContractError);
}

TEST(Reproduction, DocumentsHoldEveryPublishedValue) {
  const std::string page = validation_page(analytic());
  const Published published = read_published(kConfigs + "/published");
  EXPECT_EQ(published.attention.size(), 40u);
  for (const PublishedAttention& row : published.attention) {
    for (const double value : {row.latency_s, row.traffic_bytes, row.energy_pj, row.utilisation_2d, row.utilisation_1d}) {
      char text[32];
      std::snprintf(text, sizeof text, "%.5g", value);
      EXPECT_NE(page.find(std::string("| ") + text + " |"), std::string::npos)
          << name_of(row.config) << row.model << row.length << " " << text;
    }
  }
  const auto csvs = figure_csvs(analytic());
  EXPECT_EQ(csvs.size(), 7u);
  for (const auto& [name, text] : csvs) EXPECT_NE(text.find("published,"), std::string::npos) << name;
  const std::string json = reproduction_json(analytic());
  EXPECT_NE(json.find("\"schema\": \"weft-reproduction/1\""), std::string::npos) << json.substr(0, 60);
}

}  // namespace
}  // namespace weft::evaluation
