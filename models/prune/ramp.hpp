// How much is pruned in which layer (HPCA 2021, section V-A): nothing in the first layers, then a
// share that grows linearly.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/common/fields.hpp"

namespace weft::prune {

// The ratio of a layer is the share of all there are, tokens of the sequence or heads of the model,
// that are gone in it: it never falls, since what is pruned stays pruned.
struct Ramp {
  double average = 0;              // of the layers behind the first ones, 0 to 1
  std::optional<double> start{};   // ratio of the first of them; half the average where not given
  std::optional<double> front{};   // share of the layers that keep all
  std::vector<double> by_layer{};  // in place of all that: one ratio a layer, the last for the rest

  // Of layer `layer` of `layers`, where `front` is not given: `own_front`. A layer that begins
  // within the first share keeps all. The last layer's is 2·average − start.
  double ratio(std::int64_t layer, std::int64_t layers, double own_front) const;
  // What is wrong with the ratios, if anything: all from 0 to below 1, none below the one before.
  std::optional<std::string> trouble(std::int64_t layers, double own_front) const;
};

inline constexpr double kTokenFront = 0.15;
inline constexpr double kHeadFront = 0.30;

inline auto fields(config::Tag<Ramp>) {
  return config::field_table(
      config::optional("average", &Ramp::average, {0, 1}, "mean share that is pruned"),
      config::optional("start", &Ramp::start, {0, 1}, "share in the first layer that prunes"),
      config::optional("front", &Ramp::front, {0, 1}, "share of the layers that keep all"),
      config::optional("by_layer", &Ramp::by_layer, {0, 1}, "the share of each layer"));
}

// How many of `count` stay at a ratio: count less ⌊count · ratio⌋, and one of some at least.
std::int64_t kept_of(std::int64_t count, double ratio);

}  // namespace weft::prune
