// What a binding of a SpAtten engine says below `run`: how tensors lie in memory, what is pruned,
// and in how many bits.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "models/common/fields.hpp"
#include "models/prune/ramp.hpp"
#include "models/quant/bit_split.hpp"
#include "sim/engine/spatten/row_layout.hpp"

namespace weft::sim::engine::spatten {

// What is taken of a workload's schedule, where it has one.
enum class Takes : std::uint8_t { nothing, pruning, all };
constexpr auto names(config::Tag<Takes>) {
  return std::array<std::pair<std::string_view, Takes>, 3>{
      {{"nothing", Takes::nothing}, {"pruning", Takes::pruning}, {"all", Takes::all}}};
}

struct Pruning {
  weft::prune::Ramp tokens;
  weft::prune::Ramp heads;
  double values = 0;
  bool first_step_keeps_all = false;
};
inline auto fields(config::Tag<Pruning>) {
  using config::optional;
  return config::field_table(
      optional("tokens", &Pruning::tokens, "cascade token pruning"),
      optional("heads", &Pruning::heads, "cascade head pruning"),
      optional("values", &Pruning::values, {0, 0.999}, "share of a query's values left out"),
      optional("first_step_keeps_all", &Pruning::first_step_keeps_all,
               "of several decode steps the first sees all tokens and heads"));
}

// Whose arithmetic makes the outputs: SpAtten's datapath, or FuseMax's array from operands of bf16.
enum class OutputsBy : std::uint8_t { fixed_point, one_pass_bf16 };
constexpr auto names(config::Tag<OutputsBy>) {
  return std::array<std::pair<std::string_view, OutputsBy>, 2>{
      {{"fixed-point", OutputsBy::fixed_point}, {"one-pass-bf16", OutputsBy::one_pass_bf16}}};
}

struct Numbers {
  weft::quant::BitSplit query;
  weft::quant::BitSplit key;
  weft::quant::BitSplit value;
  double recompute_below = 0.1;
  double recompute_share = 0;
  OutputsBy outputs = OutputsBy::fixed_point;
  std::int64_t key_tile = 16;  // of FuseMax's array
};
inline auto fields(config::Tag<Numbers>) {
  using config::optional;
  return config::field_table(
      optional("query", &Numbers::query, "bits, or of two planes: 8+4"),
      optional("key", &Numbers::key, "bits, or of two planes: 8+4"),
      optional("value", &Numbers::value, "bits, of one plane"),
      optional("recompute_below", &Numbers::recompute_below, {0, 1},
               "largest probability below which a row of values is computed with its lower bits"),
      optional("recompute_share", &Numbers::recompute_share, {0, 1},
               "of rows where no value tells: of decode steps, and of scores that are drawn"),
      optional("outputs", &Numbers::outputs, "fixed-point or one-pass-bf16"),
      optional("key_tile", &Numbers::key_tile, {1, 1024}, "keys of a tile, of one-pass-bf16"));
}

// Deviations of scores that are drawn, by layer, the list over again where there are more layers:
// of what a query gives a token by itself, and of what all queries of a head give it.
struct DrawnDeviations {
  std::vector<double> row{1};
  std::vector<double> token{0};

  bool operator==(const DrawnDeviations&) const = default;
};
inline auto fields(config::Tag<DrawnDeviations>) {
  using config::optional;
  return config::field_table(
      optional("row", &DrawnDeviations::row, {0, 1e3}, "of a query's own, by layer"),
      optional("token", &DrawnDeviations::token, {0, 1e3}, "of all queries' of a head, by layer"));
}

struct Run {
  Takes takes = Takes::nothing;
  std::int64_t keys_side_by_side = 1;
  RowOrder order = RowOrder::head_major;
  DrawnDeviations scores;
  Pruning pruning;
  Numbers numbers;
};
inline auto fields(config::Tag<Run>) {
  using config::optional;
  return config::field_table(
      optional("takes", &Run::takes, "of a workload's schedule: nothing, pruning or all"),
      optional("keys_side_by_side", &Run::keys_side_by_side, {1, 64},
               "heads whose keys of a token lie together, and come together"),
      optional("order", &Run::order, "of rows in memory: head-major or token-major"),
      optional("scores", &Run::scores, "how they are drawn, where there are no values"),
      optional("pruning", &Run::pruning, "what is left out"),
      optional("numbers", &Run::numbers, "bits of the operands"));
}

// A binding's `run`, with what it takes of a workload's schedule in place of its own; either may be
// missing. ConfigError where a key is unknown or out of range, in what is not taken too.
Run run_of(const config::Value* binding, const config::Value* schedule);

// ConfigError about binding.run.pruning's `what` where its ramp has no sense for so many layers.
void check_ramp(const weft::prune::Ramp& ramp, const char* what, std::int64_t layers, double front);

}  // namespace weft::sim::engine::spatten
