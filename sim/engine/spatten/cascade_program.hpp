// Attention of one shape, layer by layer, with cascade pruning of tokens and heads behind each:
// scores are drawn; TraceProgram computes them. docs/units/engine/spatten.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/prune/survivors.hpp"
#include "models/workload/workload.hpp"
#include "sim/engine/spatten/drawn_scores.hpp"
#include "sim/engine/spatten/run_binding.hpp"

namespace weft::sim::engine::spatten {

class CascadeProgram : public DrawnScores {
 public:
  // ConfigError where the pruning has no sense for so many layers, or the shape is of several
  // sequences. `layers`: that are run.
  CascadeProgram(const Run& run, const workload::Shape& shape, std::int64_t layers,
                 std::uint64_t seed);

  std::optional<LayerPlan> next() override;
  std::vector<Selecting> select() override;
  bool selects() const override { return prunes_ && layer_ < layers_; }
  bool rows_differ() const override { return looks_at_values() || shape_.causal; }
  Extents extents() const override;
  void scores(QueryRow& row, std::int64_t first, std::int64_t count) override;
  void softmax(QueryRow& row) override;
  // By the binding's share: drawn scores do not tell how sure a model is.
  bool recomputes(const QueryRow& row) const override;
  void add_probabilities(const QueryRow& row, std::int64_t first, std::int64_t count) override;
  void add_output(const QueryRow& row) override;

 protected:
  const Run& binding() const { return run_; }
  const workload::Shape& shape() const { return shape_; }
  std::int64_t layers() const { return layers_; }
  // Of the layer that was given last, ascending.
  const std::vector<std::int64_t>& alive_tokens() const { return *tokens_alive_; }
  const std::vector<std::int64_t>& alive_heads() const { return heads_alive_; }
  const std::vector<std::int32_t>& alive_queries() const { return queries_alive_; }

  // How many of each stay behind the layer that was given last; nothing where none go, or where
  // nothing is selected.
  struct Behind {
    std::optional<std::int64_t> tokens;
    std::optional<std::int64_t> heads;
  };
  Behind behind() const;
  float head_importance(std::int64_t head) const { return heads_.importance(head); }
  std::int64_t token_importance(std::int64_t token) const { return tokens_.importance(token); }

  // Rows have values of their own, which flow through to outputs.
  virtual bool has_values() const { return false; }
  // Before a layer begins.
  virtual void begin_layer(std::int64_t /*layer*/) {}
  // Σ|out| of an alive head of the layer, by its place; its rows are done.
  virtual float magnitude(std::size_t head) const { return drawn_magnitude_[head]; }

 private:
  // Something is decided by values, or they are wanted.
  bool looks_at_values() const { return decides_by_values_ || has_values(); }

  Run run_;
  workload::Shape shape_;
  std::int64_t layers_;
  bool prunes_;
  bool decides_by_values_;
  std::int64_t layer_ = 0;  // the next
  weft::prune::Tokens tokens_;
  weft::prune::Heads heads_;
  std::shared_ptr<const std::vector<std::int64_t>> tokens_alive_;
  std::vector<std::int64_t> heads_alive_;
  std::vector<std::int32_t> queries_alive_;
  std::vector<std::int64_t> gained_;  // importance in the layer, by place among the tokens alive
  std::vector<float> drawn_magnitude_;
};

}  // namespace weft::sim::engine::spatten
