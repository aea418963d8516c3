#include "sim/engine/spatten/step_rows.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "models/prune/ramp.hpp"
#include "models/select/pivot.hpp"
#include "sim/engine/spatten/drawn_scores.hpp"

namespace weft::sim::engine::spatten {
namespace {

using weft::prune::kept_of;
using weft::prune::Ramp;
using workload::PrunedRow;

constexpr std::uint64_t kHeadStream = 0x68656164;

// Heads in the order in which they are kept.
std::vector<std::int32_t> kept_first(std::int64_t heads, std::uint64_t seed) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(heads));
  std::iota(order.begin(), order.end(), 0);
  const std::uint64_t own = weft::select::seed_of(seed, kHeadStream);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return weft::select::seed_of(own, static_cast<std::uint64_t>(a)) <
           weft::select::seed_of(own, static_cast<std::uint64_t>(b));
  });
  return order;
}

class Maker {
 public:
  Maker(const Run& run, const workload::Workload& workload, std::int64_t layers, std::uint64_t seed)
      : run_(run),
        shape_(workload.shape()),
        steps_(workload.steps),
        layers_(layers),
        seed_(seed),
        heads_(kept_first(shape_.heads, seed)) {}

  workload::PrunedRows rows() {
    workload::PrunedRows all;
    for (std::int64_t step = 0; step < steps_; ++step) {
      for (std::int64_t layer = 0; layer < layers_; ++layer) add_layer(step, layer, all.rows);
    }
    return all;
  }

 private:
  bool keeps_all(std::int64_t step) const {
    return run_.pruning.first_step_keeps_all && step == 0 && steps_ > 1;
  }
  std::int64_t tokens_at(std::int64_t step, std::int64_t layer) const {
    const std::int64_t all = shape_.seq_kv + step;
    return keeps_all(step)
               ? all
               : kept_of(all, run_.pruning.tokens.ratio(layer, layers_, weft::prune::kTokenFront));
  }
  std::vector<std::int32_t> heads_at(std::int64_t step, std::int64_t layer) const {
    const std::int64_t kept =
        keeps_all(step) ? shape_.heads
                        : kept_of(shape_.heads, run_.pruning.heads.ratio(layer, layers_,
                                                                         weft::prune::kHeadFront));
    std::vector<std::int32_t> heads(heads_.begin(), heads_.begin() + kept);
    std::sort(heads.begin(), heads.end());
    return heads;
  }
  bool recomputes(std::size_t number) const {
    return run_.numbers.key.lower > 0 && drawn_again(seed_, number, run_.numbers.recompute_share);
  }
  // How many are alive behind the layer, in the next layer or step; -1 where as many as now.
  std::int32_t tokens_after(std::int64_t step, std::int64_t layer) const {
    const bool last = layer + 1 == layers_;
    if (last && step + 1 == steps_) return -1;
    const std::int64_t next = last ? tokens_at(step + 1, 0) : tokens_at(step, layer + 1);
    const std::int64_t here = tokens_at(step, layer);
    const std::int64_t all = shape_.seq_kv + step;
    // A token that the next step adds is there without a selection.
    if (next == here || (last && next > all)) return -1;
    return static_cast<std::int32_t>(next);
  }
  void add_layer(std::int64_t step, std::int64_t layer, std::vector<PrunedRow>& rows) const {
    const std::int64_t keys = tokens_at(step, layer);
    const std::vector<std::int32_t> heads = heads_at(step, layer);
    for (const std::int32_t head : heads) {
      PrunedRow row;
      row.iteration = static_cast<std::int32_t>(step);
      row.layer = static_cast<std::int32_t>(layer);
      row.head = head;
      row.width = static_cast<std::int32_t>(shape_.width_qk);
      row.sentence = static_cast<std::int32_t>(shape_.seq_kv + step);
      row.keys = static_cast<std::int32_t>(keys);
      row.values = static_cast<std::int32_t>(kept_of(keys, run_.pruning.values));
      row.key_bits = run_.numbers.key.upper;
      row.lsb_bits = run_.numbers.key.lower;
      row.query_bits = run_.numbers.query.bits();
      row.value_bits = run_.numbers.value.bits();
      row.requantises = recomputes(rows.size());
      row.accumulates_importance = true;
      row.rescales_importance = layer + 1 == layers_ && head == heads.back();
      row.tokens_after = head == heads.back() ? tokens_after(step, layer) : -1;
      rows.push_back(row);
    }
  }

  const Run& run_;
  workload::Shape shape_;
  std::int64_t steps_;
  std::int64_t layers_;
  std::uint64_t seed_;
  std::vector<std::int32_t> heads_;
};

}  // namespace

workload::PrunedRows step_rows(const Run& run, const workload::Workload& workload,
                               std::int64_t layers, std::uint64_t seed) {
  const workload::Shape shape = workload.shape();
  if (shape.batch != 1 || shape.width_qk != shape.width_v)
    throw ConfigError(Problem{{},
                              shape.batch != 1 ? "--batch" : "--width-v",
                              std::to_string(shape.batch != 1 ? shape.batch : shape.width_v),
                              "steps of this design are of one sequence, keys as wide as values"});
  check_ramp(run.pruning.tokens, "tokens", layers, weft::prune::kTokenFront);
  check_ramp(run.pruning.heads, "heads", layers, weft::prune::kHeadFront);
  return Maker(run, workload, layers, seed).rows();
}

}  // namespace weft::sim::engine::spatten
