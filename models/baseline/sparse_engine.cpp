#include "models/baseline/sparse_engine.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>

#include "models/baseline/a3.hpp"
#include "models/baseline/attentions.hpp"
#include "models/baseline/head_operands.hpp"
#include "models/baseline/mnnfast.hpp"
#include "models/common/count.hpp"
#include "models/engine/run/run_point.hpp"
#include "models/numerics/exp_double.hpp"

namespace weft::baseline {
namespace {

using program::Invocation;
using workload::Shape;

constexpr std::int64_t kSampledRows = 96;  // of all attentions together
constexpr std::int64_t kFewestRows = 3;    // of each

// One head's rows, one after another.
class Head {
 public:
  Head(Mechanism mechanism, const SparseModel& model, const Shape& shape, HeadOperands operands,
       double scale)
      : mechanism_(mechanism),
        model_(model),
        shape_(shape),
        operands_(std::move(operands)),
        scale_(scale) {}

  // Adds `times` such rows. `place` is the query's in the operands.
  void run(std::int64_t query, std::int64_t place, double times, SparseWork& work) {
    const std::int64_t seen = shape_.visible_keys(query);
    positions_.clear();
    weights_.clear();
    if (seen == 0) return;
    SparseWork row{.rows = 1, .seen = static_cast<double>(seen)};
    const std::span<const float> vector = operands_.query(place);
    if (mechanism_ == Mechanism::a3) {
      search(vector, seen, row);
    } else {
      stream(vector, seen, row);
    }
    row.kept = static_cast<double>(positions_.size());
    finish(row);
    add(row, times, work);
  }

  // Of the row that ran last: keys that are kept, and the score of each.
  const std::vector<std::int32_t>& positions() const { return positions_; }
  const std::vector<double>& weights() const { return weights_; }
  // Scores of all keys that a query sees.
  std::vector<double> all_scores(std::int64_t query) const {
    std::vector<std::int32_t> all(static_cast<std::size_t>(shape_.visible_keys(query)));
    std::iota(all.begin(), all.end(), 0);
    return scores_of(operands_.query(query), operands_, all, scale_);
  }

 private:
  void search(std::span<const float> vector, std::int64_t seen, SparseWork& row) {
    if (columns_ == nullptr || columns_->keys() != seen)
      columns_ = std::make_unique<SortedColumns>(operands_, seen);
    const auto steps =
        static_cast<std::int64_t>(std::ceil(model_.search_share * static_cast<double>(seen)));
    const auto found = candidates(vector, operands_, *columns_, std::max<std::int64_t>(steps, 1));
    keep(found, scores_of(vector, operands_, found, scale_),
         [&](const std::vector<double>& scores) {
           return kept_behind_scores(scores, model_.keep_share);
         });
    row.searched = static_cast<double>(steps);
    row.candidates = static_cast<double>(found.size());
  }
  void stream(std::span<const float> vector, std::int64_t seen, SparseWork& row) {
    std::vector<std::int32_t> all(static_cast<std::size_t>(seen));
    std::iota(all.begin(), all.end(), 0);
    keep(all, scores_of(vector, operands_, all, scale_), [&](const std::vector<double>& scores) {
      return accumulated(scores, model_.column, model_.skip_share);
    });
    row.candidates = static_cast<double>(seen);
  }
  template <class Choose>
  void keep(const std::vector<std::int32_t>& keys, const std::vector<double>& scores,
            const Choose& choose) {
    for (const std::int32_t i : choose(scores)) {
      positions_.push_back(keys[static_cast<std::size_t>(i)]);
      weights_.push_back(scores[static_cast<std::size_t>(i)]);
    }
  }
  // A3's units work on rows behind one another, MNNFast's products share an array.
  void finish(SparseWork& row) const {
    const auto beats = [&](std::int64_t width) {
      return static_cast<double>(ceil_div(width, model_.multipliers));
    };
    row.search_cycles = row.searched;
    row.key_cycles = row.candidates * beats(shape_.width_qk);
    row.value_cycles = row.kept * beats(shape_.width_v);
    row.cycles = static_cast<double>(model_.row_cycles) +
                 (mechanism_ == Mechanism::a3
                      ? std::max({row.search_cycles, row.key_cycles, row.value_cycles})
                      : row.key_cycles + row.value_cycles);
  }
  static void add(const SparseWork& row, double times, SparseWork& work) {
    for (double SparseWork::*of :
         {&SparseWork::rows, &SparseWork::searched, &SparseWork::candidates, &SparseWork::kept,
          &SparseWork::seen, &SparseWork::search_cycles, &SparseWork::key_cycles,
          &SparseWork::value_cycles, &SparseWork::cycles})
      work.*of += times * (row.*of);
  }

  Mechanism mechanism_;
  const SparseModel& model_;
  Shape shape_;
  HeadOperands operands_;
  double scale_;
  std::unique_ptr<SortedColumns> columns_;
  std::vector<std::int32_t> positions_;
  std::vector<double> weights_;
};

void stop_if_asked(const engine::RunOptions& options) {
  if (options.stop.stop_requested()) throw engine::Cancelled();
}

// Some rows of one drawn head, evenly over its queries, each for as many of all as it stands for.
void run_drawn(Mechanism mechanism, const SparseModel& model, const Invocation& one,
               std::int64_t sample, std::uint64_t seed, std::uint64_t stream, SparseWork& work) {
  const Shape& shape = one.shape;
  const std::int64_t rows = std::min(shape.seq_q, sample);
  const double all = static_cast<double>(one.layers) * static_cast<double>(shape.batch) *
                     static_cast<double>(shape.heads) * static_cast<double>(shape.seq_q);
  const double scale = 1 / std::sqrt(static_cast<double>(shape.width_qk));
  // One query at a time has a head of its own each time.
  const std::int64_t heads = std::max<std::int64_t>(1, std::min<std::int64_t>(sample / rows, 4));
  for (std::int64_t h = 0; h < heads; ++h) {
    Head head(mechanism, model, shape,
              drawn_operands(rows, shape.seq_kv, shape.width_qk, model.deviation, seed,
                             stream * 64 + static_cast<std::uint64_t>(h)),
              scale);
    for (std::int64_t i = 0; i < rows; ++i)
      head.run((2 * i + 1) * shape.seq_q / (2 * rows), i, all / static_cast<double>(rows * heads),
               work);
  }
}

struct Sums {
  double difference = 0;
  double reference = 0;
};

// Σ e^score · value over `positions`, by Σ e^score over `all`, of one row.
std::vector<double> weighted(const std::vector<double>& scores,
                             const std::vector<std::int32_t>& positions,
                             const std::vector<double>& all, std::span<const float> values,
                             std::int64_t width) {
  std::vector<double> out(static_cast<std::size_t>(width));
  if (all.empty()) return out;
  const double largest = *std::max_element(all.begin(), all.end());
  double sum = 0;
  for (const double score : all) sum += numerics::exp_double(score - largest);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double weight = numerics::exp_double(scores[i] - largest) / sum;
    const std::size_t first = static_cast<std::size_t>(positions[i]) * out.size();
    for (std::size_t f = 0; f < out.size(); ++f)
      out[f] += weight * static_cast<double>(values[first + f]);
  }
  return out;
}

void compare_row(const std::vector<double>& made, const std::vector<double>& reference,
                 engine::Error& error, Sums& sums) {
  for (std::size_t f = 0; f < made.size(); ++f) {
    const double apart = made[f] - reference[f];
    error.max_abs = std::max(error.max_abs, std::abs(apart));
    sums.difference += apart * apart;
    sums.reference += reference[f] * reference[f];
    ++error.compared;
  }
}

void run_trace(Mechanism mechanism, const SparseModel& model, const engine::RunOptions& options,
               SparseRun& run) {
  const workload::Trace& trace = *options.trace;
  const Shape& shape = trace.shape;
  Sums sums;
  std::vector<std::int32_t> every;
  for (std::size_t layer = 0; layer < trace.layers.size(); ++layer) {
    std::vector<float>& out = run.outputs.emplace_back();
    for (std::int64_t batch = 0; batch < shape.batch; ++batch) {
      for (std::int64_t h = 0; h < shape.heads; ++h) {
        stop_if_asked(options);
        Head head(mechanism, model, shape, trace_operands(trace, layer, batch, h), trace.scale);
        const std::span<const float> values = trace_values(trace, layer, batch, h);
        for (std::int64_t query = 0; query < shape.seq_q; ++query) {
          head.run(query, query, 1, run.work);
          // A3's softmax is over what it keeps; MNNFast's sum has all keys in it.
          const std::vector<double> all = head.all_scores(query);
          const auto made =
              weighted(head.weights(), head.positions(),
                       mechanism == Mechanism::a3 ? head.weights() : all, values, shape.width_v);
          every.resize(all.size());
          std::iota(every.begin(), every.end(), 0);
          compare_row(made, weighted(all, every, all, values, shape.width_v), run.error, sums);
          for (const double value : made) out.push_back(static_cast<float>(value));
        }
      }
    }
    if (options.progress)
      options.progress(static_cast<double>(layer + 1) / static_cast<double>(trace.layers.size()));
  }
  run.error.rms_relative = sums.reference > 0 ? std::sqrt(sums.difference / sums.reference)
                                              : (sums.difference > 0 ? 1 : 0);
}

}  // namespace

SparseRun run_sparse(Mechanism mechanism, const SparseModel& model, double bytes_per_cycle,
                     const std::vector<Invocation>& attentions, const engine::RunOptions& options) {
  SparseRun run;
  double arithmetic = 0;
  const auto count = static_cast<std::int64_t>(attentions.size());
  const std::int64_t sample = std::max(kFewestRows, kSampledRows / count);
  for (std::size_t i = 0; i < attentions.size(); ++i) {
    const Invocation& one = attentions[i];
    stop_if_asked(options);
    const double before = run.work.cycles;
    if (options.trace != nullptr) {
      run_trace(mechanism, model, options, run);
    } else {
      run.sampled = true;
      run_drawn(mechanism, model, one, sample, options.seed, i, run.work);
    }
    arithmetic = run.work.cycles - before;
    const double heads = static_cast<double>(one.layers) * static_cast<double>(one.shape.batch) *
                         static_cast<double>(one.shape.heads);
    const double bytes = key_bytes(one, model.bits) + value_bytes(one, model.bits);
    const double load = bytes / bytes_per_cycle;
    const double fill = heads * static_cast<double>(model.head_cycles);
    run.work.heads += heads;
    run.work.key_bytes += key_bytes(one, model.bits);
    run.work.value_bytes += value_bytes(one, model.bits);
    run.work.load_cycles += load;
    // A3 must have a head's keys and values on chip before its first query.
    run.total_cycles +=
        fill + (mechanism == Mechanism::a3 ? load + arithmetic : std::max(load, arithmetic));
  }
  return run;
}

}  // namespace weft::baseline
