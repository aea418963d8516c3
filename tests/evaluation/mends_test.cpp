// What each mend changes, as docs/units/rules.md states it, and that it changes nothing else.
#include "models/evaluation/fusemax/mends.hpp"

#include <functional>

#include "models/evaluation/fusemax/linear_rules.hpp"
#include "models/evaluation/means.hpp"
#include "tests/evaluation/support.hpp"

namespace weft::evaluation::test {
namespace {

constexpr std::int64_t k1K = 1 << 10;
constexpr std::int64_t k16K = 1 << 14;
constexpr std::int64_t k1M = 1 << 20;

AttentionResult at(Config config, const char* model, std::int64_t length, const Mends& mends = {}) {
  return evaluate(config, published_model(model), length, published_rules(mends));
}

double energy_change(Config config, const char* model, std::int64_t length, const Mends& mends) {
  return at(config, model, length, mends).energy_pj / at(config, model, length).energy_pj - 1;
}

// Points, of all published ones, whose energy or latency the mend changes.
int touched(const Mends& mends, const std::function<bool(const MeasuredPoint&)>& may) {
  const auto before = rule_attention_points(published_rules());
  const auto after = rule_attention_points(published_rules(mends));
  int count = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool same =
        before[i].energy_pj == after[i].energy_pj && before[i].latency_s == after[i].latency_s;
    EXPECT_TRUE(same || may(before[i]))
        << name_of(before[i].design) << " " << before[i].model << " " << before[i].length;
    count += same ? 0 : 1;
  }
  EXPECT_EQ(before.size(), 5u * 24u);
  return count;
}

TEST(Mends, ExpChargedInCascade) {
  const Mends mends{.exp_charged_in_cascade = true};
  for (const std::int64_t length : {k1K, k16K}) {
    EXPECT_NEAR(energy_change(Config::cascade, "BERT", length, mends), 0.034, 0.001);
    EXPECT_NEAR(energy_change(Config::cascade, "XLM", length, mends), 0.018, 0.001);
  }
  EXPECT_EQ(
      touched(mends, [](const MeasuredPoint& point) { return point.design == Config::cascade; }),
      24);
}

TEST(Mends, CascadeAtItsBuffersCost) {
  const Mends mends{.cascade_at_its_buffers_cost = true};
  EXPECT_NEAR(energy_change(Config::cascade, "BERT", k16K, mends), -0.085, 0.001);
  EXPECT_NEAR(energy_change(Config::cascade, "XLM", k16K, mends), -0.057, 0.001);
  EXPECT_EQ(
      touched(mends, [](const MeasuredPoint& point) { return point.design == Config::cascade; }),
      24);
}

// The page states what the overflow adds, as a share of the energy without it.
TEST(Mends, NoOverflow) {
  const Mends mends{.no_overflow = true};
  const auto added = [&](Config config, const char* model) {
    return 1 / (1 + energy_change(config, model, k1M, mends)) - 1;
  };
  for (const Config config : {Config::unfused, Config::flat}) {
    EXPECT_NEAR(added(config, "BERT"), 0.029, 0.001);
    EXPECT_NEAR(added(config, "XLM"), 0.017, 0.001);
  }
  EXPECT_NEAR(added(Config::cascade, "BERT"), 0.077, 0.001);
  EXPECT_NEAR(added(Config::cascade, "XLM"), 0.046, 0.001);
  for (const Config config : {Config::architecture, Config::binding}) {
    EXPECT_NEAR(added(config, "BERT"), 0.005, 0.001);
    EXPECT_NEAR(added(config, "XLM"), 0.005, 0.001);
  }
  EXPECT_GE(touched(mends, [](const MeasuredPoint& point) { return point.length > k16K; }), 5 * 4);
}

TEST(Mends, RealTrip) {
  const Mends mends{.real_trip = true};
  // 65 + 512 + 1 + 8 + 128 cycles a tile where 65 + 256 + 1 + 8 + 128 are published.
  EXPECT_DOUBLE_EQ(at(Config::architecture, "BERT", k16K, mends).latency_s /
                       at(Config::architecture, "BERT", k16K).latency_s,
                   714.0 / 458.0);
  EXPECT_EQ(energy_change(Config::architecture, "BERT", k16K, mends), 0);
  EXPECT_EQ(
      touched(mends,
              [](const MeasuredPoint& point) { return point.design == Config::architecture; }),
      24);
}

// 12.3 pJ a MAC, in every design alike; some 65 % of FuseMax's energy more.
TEST(Mends, RegisterFilesOfEveryElement) {
  const Mends mends{.register_files_of_every_element = true};
  const double a_mac = 3 * (2.194455 + 1.906455);
  int compared = 0;
  for (const Config config : kConfigs) {
    for (const char* model : {"BERT", "XLM"}) {
      const AttentionResult before = at(config, model, k16K);
      const AttentionResult after = at(config, model, k16K, mends);
      EXPECT_NEAR((after.energy_pj - before.energy_pj) / (before.energy.macs / 17.1645 * a_mac), 1,
                  1e-9);
      EXPECT_EQ(after.latency_s, before.latency_s);
      EXPECT_EQ(after.traffic_bytes, before.traffic_bytes);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 10);
  EXPECT_NEAR(energy_change(Config::binding, "BERT", 4096, mends), 0.69, 0.01);
  const LinearResult before =
      evaluate_linear(Config::flat, published_model("BERT"), k1K, published_costs());
  const LinearResult after =
      evaluate_linear(Config::flat, published_model("BERT"), k1K, published_costs(), mends);
  EXPECT_NEAR(after.energy_pj - before.energy_pj, 65536.0 * 768 * (4 * 768 + 2 * 3072) * a_mac,
              1e-6 * before.energy_pj);
  EXPECT_EQ(after.latency_s, before.latency_s);
}

// No mend touches latency but real_trip, and none traffic.
TEST(Mends, AllTogether) {
  int compared = 0;
  for (const Config config : kConfigs) {
    for (const std::int64_t length : kPublishedLengths) {
      const AttentionResult before = at(config, "BERT", length);
      const AttentionResult after = at(config, "BERT", length, all_mends());
      EXPECT_EQ(after.traffic_bytes, before.traffic_bytes);
      EXPECT_EQ(after.latency_s == before.latency_s, config != Config::architecture);
      EXPECT_GT(after.energy_pj, before.energy_pj);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 30);
}

}  // namespace
}  // namespace weft::evaluation::test
