// Engines that leave out keys or values by their scores, computed from their published mechanism:
// A3 and MNNFast. Time is that of the mechanism on real rows, of a trace or drawn; nothing is
// simulated. docs/units/baseline.md.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "models/common/fields.hpp"
#include "models/engine/result/result.hpp"
#include "models/engine/run/run_options.hpp"
#include "models/program/program.hpp"

namespace weft::baseline {

enum class Mechanism : std::uint8_t { a3, mnnfast };

struct SparseModel {
  std::int64_t multipliers = 64;  // of a product: A3 has two such arrays, MNNFast one for both
  double bits = 16;               // of K and V in memory
  double search_share = 0.5;      // of A3: steps of the search for each key
  double keep_share = 0.05;       // of A3: of the largest weight, below which a key is left out
  std::int64_t column = 32;       // of MNNFast: keys that come together
  double skip_share = 0.01;       // of MNNFast: of the sum so far, below which a value is skipped
  std::int64_t row_cycles = 0;    // of a row, whatever its keys
  std::int64_t head_cycles = 0;   // to fill and drain the pipeline, a head
  double deviation = 1;           // of scores that are drawn
};
inline auto fields(config::Tag<SparseModel>) {
  using M = SparseModel;
  using config::optional, config::required;
  return config::field_table(
      required("multipliers", &M::multipliers, {1, 1 << 20}, "of a product"),
      required("bits", &M::bits, {1, 64}, "of an element of K and V in memory"),
      optional("search_share", &M::search_share, {0, 64}, "of A3: steps of the search for a key"),
      optional("keep_share", &M::keep_share, {0, 1}, "of A3: of the largest weight, to be kept"),
      optional("column", &M::column, {1, 1 << 20}, "of MNNFast: keys that come together"),
      optional("skip_share", &M::skip_share, {0, 1}, "of MNNFast: of the sum so far, to be added"),
      optional("row_cycles", &M::row_cycles, {0, 1 << 20}, "of a row, whatever its keys"),
      optional("head_cycles", &M::head_cycles, {0, 1 << 20}, "to fill and drain, a head"),
      optional("deviation", &M::deviation, {0, 1e3}, "of drawn scores"));
}

// Sums over all rows that ran; of drawn rows, over a sample that stands for all.
struct SparseWork {
  double rows = 0;
  double searched = 0;    // steps of the search
  double candidates = 0;  // keys that are multiplied by the query
  double kept = 0;        // values that are accumulated
  double seen = 0;        // keys there are
  double search_cycles = 0;
  double key_cycles = 0;
  double value_cycles = 0;
  double cycles = 0;  // of the arithmetic
  double load_cycles = 0;
  double key_bytes = 0;
  double value_bytes = 0;
  double heads = 0;
};

struct SparseRun {
  SparseWork work;
  double total_cycles = 0;
  bool sampled = false;
  engine::Error error;                      // of a trace
  std::vector<std::vector<float>> outputs;  // by layer, [batch, heads, seq_q, width_v]
};

// All attentions, K and V coming at `bytes_per_cycle`. Throws Cancelled by the stop token.
SparseRun run_sparse(Mechanism mechanism, const SparseModel& model, double bytes_per_cycle,
                     const std::vector<program::Invocation>& attentions,
                     const engine::RunOptions& options);

}  // namespace weft::baseline
