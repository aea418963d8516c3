// The headline figures of the published evaluation: arithmetic means of ratios over pairs of model
// and length. What goes in is generic: points by the rules, by a simulation, or as published.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/evaluation/fusemax/attention_rules.hpp"

namespace weft::evaluation {

struct MeasuredPoint {
  Config design = Config::binding;
  std::string model;
  std::int64_t length = 0;
  double latency_s = 0;
  double energy_pj = 0;
};

// Speedups are another design's latency over binding's, energies binding's energy over the other's.
// End to end adds the linear layers: flat's to flat and unfused, binding's to binding. A mean is
// absent where the other design (or, end to end, the linear layers) lacks one of binding's pairs.
struct Means {
  std::size_t pairs = 0;  // of model and length that binding has
  std::optional<double> speedup_over_unfused;
  std::optional<double> speedup_over_flat;
  std::optional<double> speedup_over_cascade;
  std::optional<double> speedup_over_architecture;
  std::optional<double> energy_to_unfused;
  std::optional<double> energy_to_flat;
  std::optional<double> energy_to_cascade;
  std::optional<double> end_to_end_speedup_over_unfused;
  std::optional<double> end_to_end_speedup_over_flat;
  std::optional<double> end_to_end_energy_to_unfused;
  std::optional<double> end_to_end_energy_to_flat;
};

struct NamedMean {
  const char* name;
  std::optional<double> Means::*member;
  double published;  // the figure that the paper states; 0 where it states none
};

inline constexpr std::array<NamedMean, 11> kMeans{{
    {"speedup_over_unfused", &Means::speedup_over_unfused, 10.05},
    {"speedup_over_flat", &Means::speedup_over_flat, 6.72},
    {"speedup_over_cascade", &Means::speedup_over_cascade, 0},
    {"speedup_over_architecture", &Means::speedup_over_architecture, 0},
    {"energy_to_unfused", &Means::energy_to_unfused, 0.767},
    {"energy_to_flat", &Means::energy_to_flat, 0.787},
    {"energy_to_cascade", &Means::energy_to_cascade, 0},
    {"end_to_end_speedup_over_unfused", &Means::end_to_end_speedup_over_unfused, 7.60},
    {"end_to_end_speedup_over_flat", &Means::end_to_end_speedup_over_flat, 5.30},
    {"end_to_end_energy_to_unfused", &Means::end_to_end_energy_to_unfused, 0.821},
    {"end_to_end_energy_to_flat", &Means::end_to_end_energy_to_flat, 0.833},
}};

// `linear` has points of flat and binding, or is empty. ContractError where a point stands there
// twice, or a latency or an energy is not above zero.
Means means_of(const std::vector<MeasuredPoint>& attention,
               const std::vector<MeasuredPoint>& linear);

// The published 4 models × 6 lengths by the rules: all designs' attention, and the linear layers of
// flat and binding.
std::vector<MeasuredPoint> rule_attention_points(const AttentionRules& rules);
std::vector<MeasuredPoint> rule_linear_points(const RuleCosts& costs, const Mends& mends = {});

}  // namespace weft::evaluation
