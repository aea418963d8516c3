#include "models/evaluation/means.hpp"

#include <map>
#include <utility>

#include "models/common/error.hpp"
#include "models/evaluation/fusemax/linear_rules.hpp"

namespace weft::evaluation {
namespace {

struct Cost {
  double latency_s = 0;
  double energy_pj = 0;
};

using Pair = std::pair<std::string, std::int64_t>;  // model, length

class Points {
 public:
  explicit Points(const std::vector<MeasuredPoint>& points) {
    for (const MeasuredPoint& point : points) {
      check(point.latency_s > 0 && point.energy_pj > 0,
            "a point's latency or energy is not above zero");
      const bool is_new =
          designs_[point.design]
              .emplace(Pair{point.model, point.length}, Cost{point.latency_s, point.energy_pj})
              .second;
      check(is_new, "the same design, model and length twice");
    }
  }

  const std::map<Pair, Cost>& of(Config design) const {
    const auto found = designs_.find(design);
    return found == designs_.end() ? none_ : found->second;
  }
  const Cost* find(Config design, const Pair& pair) const {
    const auto found = of(design).find(pair);
    return found == of(design).end() ? nullptr : &found->second;
  }

 private:
  std::map<Config, std::map<Pair, Cost>> designs_;
  std::map<Pair, Cost> none_;
};

struct Ratios {
  std::optional<double> speedup;
  std::optional<double> energy;
};

// Means over all pairs of binding; `linear` is null where its layers do not count.
Ratios compare(const Points& attention, Config other, const Points* linear) {
  double speedups = 0;
  double energies = 0;
  const auto& pairs = attention.of(Config::binding);
  for (const auto& [pair, cost] : pairs) {
    const Cost* theirs = attention.find(other, pair);
    if (theirs == nullptr) return {};
    Cost ours_all = cost;
    Cost theirs_all = *theirs;
    if (linear != nullptr) {
      const Cost* our_linear = linear->find(Config::binding, pair);
      const Cost* their_linear = linear->find(Config::flat, pair);
      if (our_linear == nullptr || their_linear == nullptr) return {};
      ours_all = {cost.latency_s + our_linear->latency_s, cost.energy_pj + our_linear->energy_pj};
      theirs_all = {theirs->latency_s + their_linear->latency_s,
                    theirs->energy_pj + their_linear->energy_pj};
    }
    speedups += theirs_all.latency_s / ours_all.latency_s;
    energies += ours_all.energy_pj / theirs_all.energy_pj;
  }
  if (pairs.empty()) return {};
  const auto count = static_cast<double>(pairs.size());
  return {speedups / count, energies / count};
}

}  // namespace

Means means_of(const std::vector<MeasuredPoint>& attention,
               const std::vector<MeasuredPoint>& linear) {
  const Points points(attention);
  const Points layers(linear);
  Means means;
  means.pairs = points.of(Config::binding).size();
  const auto put = [&](Config other, const Points* with, std::optional<double>& speedup,
                       std::optional<double>& energy) {
    const Ratios ratios = compare(points, other, with);
    speedup = ratios.speedup;
    energy = ratios.energy;
  };
  std::optional<double> architecture_energy;  // equal by the rules, and no figure of its own
  put(Config::unfused, nullptr, means.speedup_over_unfused, means.energy_to_unfused);
  put(Config::flat, nullptr, means.speedup_over_flat, means.energy_to_flat);
  put(Config::cascade, nullptr, means.speedup_over_cascade, means.energy_to_cascade);
  put(Config::architecture, nullptr, means.speedup_over_architecture, architecture_energy);
  put(Config::unfused, &layers, means.end_to_end_speedup_over_unfused,
      means.end_to_end_energy_to_unfused);
  put(Config::flat, &layers, means.end_to_end_speedup_over_flat, means.end_to_end_energy_to_flat);
  return means;
}

std::vector<MeasuredPoint> rule_attention_points(const AttentionRules& rules) {
  std::vector<MeasuredPoint> points;
  for (const Config config : kConfigs) {
    for (const NamedModel& named : kPublishedModels) {
      for (const std::int64_t length : kPublishedLengths) {
        const AttentionResult result = evaluate(config, named.model, length, rules);
        points.push_back({config, named.name, length, result.latency_s, result.energy_pj});
      }
    }
  }
  return points;
}

std::vector<MeasuredPoint> rule_linear_points(const RuleCosts& costs, const Mends& mends) {
  std::vector<MeasuredPoint> points;
  for (const Config config : {Config::flat, Config::binding}) {
    for (const NamedModel& named : kPublishedModels) {
      for (const std::int64_t length : kPublishedLengths) {
        const LinearResult result = evaluate_linear(config, named.model, length, costs, mends);
        points.push_back({config, named.name, length, result.latency_s, result.energy_pj});
      }
    }
  }
  return points;
}

}  // namespace weft::evaluation
