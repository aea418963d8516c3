// The published evaluation of attention, rule by rule: FuseMax (MICRO 2024, arXiv 2406.10491v3) and
// its artifact. Latency, traffic, utilisation and energy of five designs, in closed form.
// docs/units/rules.md says what they are and rest on.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/evaluation/fusemax/flat_mapping.hpp"
#include "models/evaluation/fusemax/mends.hpp"
#include "models/evaluation/fusemax/model.hpp"
#include "models/evaluation/fusemax/rule_costs.hpp"

namespace weft::evaluation {

// Named as the published tables name them; `binding` is FuseMax.
enum class Config : std::uint8_t { unfused, flat, cascade, architecture, binding };
inline constexpr std::array<Config, 5> kConfigs{Config::unfused, Config::flat, Config::cascade,
                                                Config::architecture, Config::binding};

// The name in the published tables: "unfused", "flat", "cascade", "arch", "binding".
const char* name_of(Config config);

enum class Bound : std::uint8_t { memory, array_2d, array_1d };
const char* name_of(Bound bound);  // "memory", "2D array", "1D array"

// Energy by what it is spent on, pJ.
struct EnergyParts {
  double macs = 0;        // those of an exp made of MACs among them
  double operations = 0;  // all other ones
  double dram = 0;
  double buffer = 0;
  double registers =
      0;  // staging between the arrays, and, mended, the register files of all elements
  double total() const { return macs + operations + dram + buffer + registers; }
};

// Share of all cycles in which an Einsum keeps the 2D array busy; absent where the 2D array does
// not have it.
struct EinsumUse {
  std::optional<double> qk, lm, sln, sld, slnv, av;
};

// Share of the 2D array's slots in which it multiplies for QKᵀ and AV: the products' share of its
// cycles, by the rules on full arrays. Where no Einsum is told apart (`unfused`), the array does
// nothing else: all of `busy`.
inline double useful_macs(const EinsumUse& use, double busy) {
  return use.qk ? *use.qk + use.slnv.value_or(use.av.value_or(0)) : busy;
}

struct AttentionResult {
  double latency_s = 0;
  double traffic_bytes = 0;
  double energy_pj = 0;  // energy.total()
  EnergyParts energy;
  double utilisation_2d = 0;
  double utilisation_1d = 0;
  EinsumUse einsums;
  // What decides the latency. Of unfused: what decides the longest of its three phases. Of
  // architecture, whose arrays wait for each other: the busier array, unless memory decides.
  Bound bound = Bound::memory;
};

struct AttentionRules {
  RuleCosts costs;
  Mends mends;
  std::vector<FlatMapping> flat_mappings;  // flat needs one for the model's width and the length
};

// `length` is that of queries and of keys, for 64 sequences. ConfigError where it is no positive
// multiple of 256, where flat has no mapping, or where the buffer cannot hold a single tile.
AttentionResult evaluate(Config config, const Model& model, std::int64_t length,
                         const AttentionRules& rules);

}  // namespace weft::evaluation
