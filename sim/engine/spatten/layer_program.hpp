// What a SpAtten engine runs, layer by layer: whose keys each head sees, in how many bits, and what
// is selected behind the layer. The next layer is told when the one before has been selected from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/engine/result/result.hpp"
#include "sim/common/query_row.hpp"
#include "sim/prune/importance.hpp"

namespace weft::sim::engine::spatten {

struct HeadPlan {
  std::int32_t head = 0;
  std::shared_ptr<const std::vector<std::int64_t>> tokens;  // alive, ascending
  std::vector<std::int32_t> queries;                        // one where values stream
  bool causal = false;  // query i sees tokens 0 … i + causal_offset
  std::int64_t causal_offset = 0;
  std::int32_t key_bits = 12;
  std::int32_t lower_bits = 0;  // of keys, in a plane of their own
  std::int32_t value_bits = 12;
  double value_ratio = 0;                   // share of a query's values that is left out,
  std::optional<std::int64_t> values_kept;  // or how many are not
  bool recomputes = false;                  // where no value tells
};

struct LayerPlan {
  std::int32_t step = 0;
  std::int32_t layer = 0;
  bool streams = false;  // keys and values are of one query, and are not kept
  std::int32_t width_qk = 1;
  std::int32_t width_v = 1;
  std::vector<HeadPlan> heads;
};

// A selection behind a layer, as it went: of so many, candidates of each round.
struct Selecting {
  std::int64_t items = 0;
  std::vector<std::int64_t> rounds;
  bool of_heads = false;  // or of tokens
};

class Program : public RowKernels, public prune::ImportanceStore {
 public:
  // Nothing behind the last layer.
  virtual std::optional<LayerPlan> next() = 0;
  // Behind the layer that was given last, whose rows are all done: what is selected for the next.
  virtual std::vector<Selecting> select() = 0;
  // Whether anything is, which is known beforehand: else the next layer need not wait.
  virtual bool selects() const = 0;

  // Whether when its rows are through depends on what is in them, or on which of a head's queries
  // they are. Where it does not, queries of a head that are under way alike go on alike.
  virtual bool rows_differ() const { return true; }

  // Extents by which tensors lie in memory.
  struct Extents {
    std::int64_t layers = 1;
    std::int64_t heads = 1;
    std::int64_t tokens = 1;
    std::int64_t rows = 0;  // of the run, for progress
  };
  virtual Extents extents() const = 0;
  const std::vector<weft::engine::Selected>& selection() const { return selection_; }

 protected:
  std::vector<weft::engine::Selected> selection_;
};

}  // namespace weft::sim::engine::spatten
