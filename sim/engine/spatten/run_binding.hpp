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

struct Pruning {
  weft::prune::Ramp tokens;
  weft::prune::Ramp heads;
  double values = 0;
};
inline auto fields(config::Tag<Pruning>) {
  using config::optional;
  return config::field_table(
      optional("tokens", &Pruning::tokens, "cascade token pruning"),
      optional("heads", &Pruning::heads, "cascade head pruning"),
      optional("values", &Pruning::values, {0, 0.999}, "share of a query's values left out"));
}

// Whose arithmetic makes the outputs: SpAtten's datapath, or FuseMax's array from operands of bf16.
enum class OutputsBy : std::uint8_t { fixed_point, one_pass_bf16 };
constexpr auto names(config::Tag<OutputsBy>) {
  return std::array<std::pair<std::string_view, OutputsBy>, 2>{
      {{"fixed-point", OutputsBy::fixed_point}, {"one-pass-bf16", OutputsBy::one_pass_bf16}}};
}

struct Numbers {
  quant::BitSplit query;
  quant::BitSplit key;
  quant::BitSplit value;
  double recompute_below = 0.1;
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
               "largest probability below which a row is computed with its lower bits"),
      optional("outputs", &Numbers::outputs, "fixed-point or one-pass-bf16"),
      optional("key_tile", &Numbers::key_tile, {1, 1024}, "keys of a tile, of one-pass-bf16"));
}

// Deviations of scores that are drawn, by layer, the list over again where there are more layers:
// of what a query gives a token by itself, and of what all queries of a head give it.
struct DrawnDeviations {
  std::vector<double> row{1};
  std::vector<double> token{0};
};
inline auto fields(config::Tag<DrawnDeviations>) {
  using config::optional;
  return config::field_table(
      optional("row", &DrawnDeviations::row, {0, 1e3}, "of a query's own, by layer"),
      optional("token", &DrawnDeviations::token, {0, 1e3}, "of all queries' of a head, by layer"));
}

struct Run {
  std::int64_t keys_side_by_side = 1;
  RowOrder order = RowOrder::head_major;
  DrawnDeviations scores;
  Pruning pruning;
  Numbers numbers;
};
inline auto fields(config::Tag<Run>) {
  using config::optional;
  return config::field_table(
      optional("keys_side_by_side", &Run::keys_side_by_side, {1, 64},
               "heads whose keys of a token lie together, and come together"),
      optional("order", &Run::order, "of rows in memory: head-major or token-major"),
      optional("scores", &Run::scores, "how they are drawn, where there are no values"),
      optional("pruning", &Run::pruning, "what is left out"),
      optional("numbers", &Run::numbers, "bits of the operands"));
}

}  // namespace weft::sim::engine::spatten
