// A trace on a SpAtten engine: every score, probability and output is computed by the functions of
// models/prune, when the data is where it is needed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "models/engine/result/result.hpp"
#include "models/prune/pruned_attention.hpp"
#include "models/workload/trace.hpp"
#include "sim/engine/spatten/cascade_program.hpp"

namespace weft::sim::engine::spatten {

class TraceProgram : public CascadeProgram {
 public:
  // The trace outlives it.
  TraceProgram(const Run& run, const workload::Trace& trace, std::uint64_t seed);

  void scores(QueryRow& row, std::int64_t first, std::int64_t count) override;
  void softmax(QueryRow& row) override;
  bool recomputes(const QueryRow& row) const override;
  void output(QueryRow& row) override;
  void add_output(const QueryRow& row) override;

  // What was computed, by layer: [heads, seq_q, width_v], zero where the head or the query is
  // pruned.
  std::vector<std::vector<float>>& outputs() { return outputs_; }
  // Of the rows that were computed, against attention in double precision over the tokens that are
  // alive in their layer; by layer, and of all.
  std::vector<weft::engine::Error> errors(weft::engine::Error& all,
                                          const std::function<void(double)>& progress) const;

 protected:
  bool has_values() const override { return true; }
  void begin_layer(std::int64_t layer) override;
  float magnitude(std::size_t head) const override;

  std::size_t place_of_head(std::int32_t head) const;
  std::size_t place_of_query(std::int32_t query) const;
  // Of the layer that was given last, until its last row's output is added.
  const weft::prune::LayerOperands& operands() const {
    return layers_.at(selection_.back().layer)->operands;
  }
  double scale() const { return trace_.scale; }
  const weft::prune::AttentionOptions& options() const { return options_; }

 private:
  std::vector<float> gathered(const std::vector<float>& from, std::int64_t heads_in_file,
                              std::int64_t rows, std::int64_t width,
                              const std::vector<std::int64_t>& kept) const;

  const workload::Trace& trace_;
  weft::prune::AttentionOptions options_;
  // Of a layer whose rows are under way: where nothing is selected, the next begins before one
  // ends.
  struct Layer {
    Layer(weft::prune::LayerOperands made, std::int64_t count)
        : operands(std::move(made)), rows(count) {}
    weft::prune::LayerOperands operands;
    std::vector<weft::prune::HeadAttention> heads;  // by place
    std::vector<float> q, k, v;  // in bf16, [heads, …] of the alive, where outputs are made of them
    std::int64_t rows = 0;       // not done
  };
  void one_pass_output(QueryRow& row) const;
  const weft::prune::HeadAttention& head_of(const QueryRow& row) const {
    return layers_.at(row.layer)->heads[place_of_head(row.head)];
  }
  std::map<std::int64_t, std::unique_ptr<Layer>> layers_;
  std::vector<std::vector<float>> outputs_;
  weft::softmax::ProbabilityRow made_;
};

}  // namespace weft::sim::engine::spatten
