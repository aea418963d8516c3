#include "sim/engine/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/einsum/block_interpreter.hpp"
#include "models/einsum/interpret.hpp"
#include "models/einsum/load.hpp"
#include "models/numerics/arithmetic.hpp"
#include "models/numerics/presence.hpp"
#include "models/softmax/attention.hpp"
#include "sim/engine/empty_rows.hpp"
#include "sim/engine/operands.hpp"

namespace weft::sim::engine {

using einsum::TensorId;
using einsum::TensorRole;
using weft::engine::Error;
using weft::engine::Result;

namespace {

constexpr std::int64_t kBudget = 24 << 20;  // bytes between inputs and outputs
constexpr std::int64_t kByHand =
    256;  // queries of a head that are compared with attention written by hand, too

// Where the first value that is not finite stands.
struct Place {
  std::int64_t head = -1;
  std::size_t output = 0;
  std::size_t at = 0;
};

// Sums of one layer, or of all.
struct Sums {
  Error error;
  double squares = 0;
  double reference = 0;

  void add(double computed, double expected) {
    const double difference = computed - expected;
    error.max_abs = std::max(error.max_abs, std::abs(difference));
    squares += difference * difference;
    reference += expected * expected;
    ++error.compared;
  }
  void add(const Sums& other) {
    error.max_abs = std::max(error.max_abs, other.error.max_abs);
    error.compared += other.error.compared;
    error.not_finite += other.error.not_finite;
    error.operands_not_finite += other.error.operands_not_finite;
    error.rows_apart += other.error.rows_apart;
    squares += other.squares;
    reference += other.reference;
  }
  Error finish() const {
    Error made = error;
    made.rms_relative = reference > 0 ? std::sqrt(squares / reference) : squares > 0 ? 1 : 0;
    return made;
  }
};

class Comparison {
 public:
  Comparison(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing,
             const workload::Trace& trace, const std::vector<workload::ComputedTensor>& outputs)
      : lowering_(lowering),
        head_(weft::engine::one_head(lowering, sizing)),
        cascade_(*lowering.cascade),
        trace_(trace),
        outputs_(outputs),
        operands_(lowering, head_, trace),
        ids_(operands_.output_ids()),
        interpreter_(cascade_, head_.extents, operands_.scalars(), kBudget),
        attention_(is_attention(lowering)),
        tensors_(cascade_.tensors.size()) {
    for (const TensorId t : ids_)
      tensors_[static_cast<std::size_t>(t)].resize(
          static_cast<std::size_t>(einsum::tensor_elements(cascade_, t, head_.extents)));
  }

  void run(Result& result, const std::function<void(double)>& between) {
    const std::int64_t heads = operands_.runs();
    const std::int64_t of_layer = heads / static_cast<std::int64_t>(trace_.layers.size());
    Sums all;
    Sums all_attention;
    for (std::int64_t first = 0; first < heads; first += of_layer) {
      Sums layer;
      for (std::int64_t head = first; head < first + of_layer; ++head) {
        const auto share = [&](double done) {
          between((static_cast<double>(head) + done) / static_cast<double>(heads));
        };
        one_head(head, layer, all_attention, share);
      }
      result.error_by_layer.push_back(layer.finish());
      all.add(layer);
    }
    result.error = all.finish();
    if (attention_) result.error_to_attention = all_attention.finish();
    if (all.error.not_finite > 0) {
      result.status = weft::engine::Status::failed;
      result.reason = words(all.error.not_finite);
    }
  }

 private:
  void one_head(std::int64_t head, Sums& layer, Sums& attention,
                const std::function<void(double)>& share) {
    std::uint64_t strange = 0;
    std::vector<double*> pointers(tensors_.size(), nullptr);
    for (std::size_t t = 0; t < tensors_.size(); ++t) {
      if (cascade_.tensors[t].role == TensorRole::input) {
        operands_.load(static_cast<TensorId>(t), head, tensors_[t]);
        strange += static_cast<std::uint64_t>(std::count_if(
            tensors_[t].begin(), tensors_[t].end(), [](double x) { return !std::isfinite(x); }));
      }
      pointers[t] = tensors_[t].data();
    }
    const double part = attention_ ? 0.9 : 1;
    interpreter_.run(pointers, [&](double done) { share(part * done); });
    layer.error.operands_not_finite += strange;
    if (strange > 0) find_apart();
    for (std::size_t o = 0; o < ids_.size(); ++o) {
      std::vector<double>& values = tensors_[static_cast<std::size_t>(ids_[o])];
      fill_empty_rows(lowering_, head_, ids_[o], tensors_, values);
      compare(head, o, values, strange > 0, layer);
    }
    if (!attention_) return;
    attention.error.operands_not_finite += strange;
    by_hand(head, strange > 0, attention);
    share(1);
  }

  // Which outputs see an operand that is not finite.
  void find_apart() {
    einsum::BlockInterpreter<numerics::PresenceArithmetic> sees(cascade_, head_.extents,
                                                                operands_.scalars(), kBudget);
    apart_.resize(tensors_.size());
    std::vector<std::uint8_t*> pointers(tensors_.size(), nullptr);
    for (std::size_t t = 0; t < tensors_.size(); ++t) {
      apart_[t].assign(tensors_[t].size(), 0);
      if (cascade_.tensors[t].role == TensorRole::input)
        std::transform(tensors_[t].begin(), tensors_[t].end(), apart_[t].begin(),
                       [](double x) { return std::isfinite(x) ? 0 : 1; });
      pointers[t] = apart_[t].data();
    }
    sees.run(pointers, [](double) {});
  }

  // The output in the order in which it is written out.
  void compare(std::int64_t head, std::size_t o, const std::vector<double>& reference, bool strange,
               Sums& sums) {
    std::vector<double> ordered(reference.size());
    operands_.write(ids_[o], reference, ordered.data());
    const std::size_t row = row_of(o);
    const std::vector<std::uint8_t> apart = apart_of(o, strange);
    for (std::size_t r = 0; r < ordered.size() / row; ++r)
      compare_row(head, o, r, ordered.data() + r * row, apart, sums);
  }

  std::size_t row_of(std::size_t o) const {
    return static_cast<std::size_t>(outputs_[o].shape.empty() ? 1 : outputs_[o].shape.back());
  }

  std::vector<std::uint8_t> apart_of(std::size_t o, bool strange) const {
    if (!strange) return {};
    const auto& own = apart_[static_cast<std::size_t>(ids_[o])];
    std::vector<std::uint8_t> apart(own.size());
    operands_.write(ids_[o], own, apart.data());
    return apart;
  }

  void compare_row(std::int64_t head, std::size_t o, std::size_t r, const double* expected,
                   const std::vector<std::uint8_t>& apart, Sums& sums) {
    const std::size_t count = tensors_[static_cast<std::size_t>(ids_[o])].size();
    const std::size_t row = row_of(o);
    const std::int64_t of_layer = trace_.shape.batch * trace_.shape.heads;
    const auto& layer = outputs_[o].layers[static_cast<std::size_t>(head / of_layer)];
    check(layer.size() == count * static_cast<std::size_t>(of_layer),
          "an output of another size than its reference");
    const float* computed =
        layer.data() + static_cast<std::size_t>(head % of_layer) * count + r * row;
    const auto begin = apart.begin() + static_cast<std::ptrdiff_t>(apart.empty() ? 0 : r * row);
    if (!apart.empty() && std::any_of(begin, begin + static_cast<std::ptrdiff_t>(row),
                                      [](auto x) { return x != 0; })) {
      ++sums.error.rows_apart;
      return;
    }
    for (std::size_t i = 0; i < row; ++i) {
      if (std::isfinite(computed[i]) && std::isfinite(expected[i])) {
        sums.add(static_cast<double>(computed[i]), expected[i]);
      } else {
        ++sums.error.not_finite;
        if (first_.head < 0) first_ = {head, o, r * row + i};
      }
    }
  }

  // Attention of at most kByHand queries, evenly spread.
  void by_hand(std::int64_t head, bool strange, Sums& sums) {
    const auto named = [&](const char* name) {
      return static_cast<TensorId>(cascade_.tensor(name));
    };
    const weft::softmax::AttentionShape shape =
        head_shape(attention_shape(trace_.shape, lowering_));
    const auto rows = [&](TensorId t) {
      const std::vector<double>& own = tensors_[static_cast<std::size_t>(t)];
      std::vector<double> turned(own.size());
      operands_.write(t, own, turned.data());
      return turned;
    };
    std::vector<std::int64_t> queries;
    const std::int64_t count = std::min(kByHand, shape.seq_q);
    for (std::int64_t i = 0; i < count; ++i)
      queries.push_back(count == 1 ? 0 : i * (shape.seq_q - 1) / (count - 1));
    const auto golden = weft::softmax::attention_rows(
        rows(named("Q")), rows(named("K")), rows(named("V")), shape, trace_.scale, queries);
    const std::vector<std::uint8_t> apart = apart_of(0, strange);
    for (std::size_t i = 0; i < queries.size(); ++i)
      compare_row(head, 0, static_cast<std::size_t>(queries[i]), golden.data() + i * row_of(0),
                  apart, sums);
  }

  // "12 of 4,096 values ...; the first: layer 0, batch 0, head 3, AV[17, 5] of [seq_q, width_v]".
  std::string words(std::uint64_t count) const {
    const workload::Shape& shape = trace_.shape;
    std::vector<std::int64_t> index;
    auto left = static_cast<std::int64_t>(first_.at);
    const auto& extents = outputs_[first_.output].shape;
    for (std::size_t d = extents.size(); d-- > 0; left /= extents[d])
      index.insert(index.begin(), left % extents[d]);
    return fmt::format(
        "{} value{} of the output not finite, or without a finite reference, though the operands "
        "are; the first: layer {}, "
        "batch {}, head {}, {}[{}]",
        count, count == 1 ? " is" : "s are", first_.head / (shape.batch * shape.heads),
        first_.head / shape.heads % shape.batch, first_.head % shape.heads,
        outputs_[first_.output].tensor, fmt::join(index, ", "));
  }

  const weft::engine::Lowering& lowering_;
  const weft::engine::Sizing head_;
  const einsum::Cascade& cascade_;
  const workload::Trace& trace_;
  const std::vector<workload::ComputedTensor>& outputs_;
  Operands operands_;
  std::vector<TensorId> ids_;
  einsum::BlockInterpreter<numerics::DoubleArithmetic> interpreter_;
  bool attention_;
  std::vector<std::vector<double>> tensors_;  // by id; of inputs and outputs
  std::vector<std::vector<std::uint8_t>> apart_;
  Place first_;
};

// The extent of each quantity in the example, all different.
std::int64_t example_extent(const weft::engine::RankExtent& extent) {
  if (extent.number) return std::min<std::int64_t>(*extent.number, 2);
  switch (extent.quantity) {
    case weft::engine::Quantity::seq_q: return 5;
    case weft::engine::Quantity::seq_kv: return 7;
    case weft::engine::Quantity::width_qk: return 3;
    case weft::engine::Quantity::width_v: return 4;
    default: return 2;
  }
}

// Values of the example: any sequence without a pattern will do.
double example_value(std::uint64_t& state) {
  state = state * 6364136223846793005u +
          1442695040888963407u;  // Knuth's MMIX generator; its upper bits
  return static_cast<double>(static_cast<std::int64_t>(state >> 40) - (1 << 23)) * 0x1p-22;
}

}  // namespace

weft::softmax::AttentionShape attention_shape(const workload::Shape& s,
                                              const weft::engine::Lowering& lowering) {
  weft::softmax::AttentionShape shape{s.batch,  s.heads,    s.kv_heads, s.seq_q,
                                      s.seq_kv, s.width_qk, s.width_v,  s.causal};
  shape.causal = lowering.mask_einsum != einsum::kNone;
  shape.alignment = lowering.binding->causal_alignment;
  shape.empty_rows = lowering.binding->empty_rows;
  return shape;
}

bool is_attention(const weft::engine::Lowering& lowering) {
  const einsum::Cascade& cascade = *lowering.cascade;
  std::map<std::string, std::int64_t> extents;
  for (std::size_t r = 0; r < cascade.ranks.size(); ++r) {
    const einsum::Rank& rank = cascade.ranks[r];
    if (rank.base == einsum::kNone) extents[rank.name] = example_extent(lowering.rank_extents[r]);
    if (rank.kind == einsum::RankKind::partition &&
        rank.level + 1 < static_cast<int>(cascade.ranks[rank.base].parts.size()))
      extents[rank.name] = 3;
  }
  const einsum::Extents resolved = einsum::resolve_extents(cascade, extents);
  constexpr std::array<const char*, 3> kNames{"Q", "K", "V"};
  constexpr std::array<std::array<std::int64_t, 2>, 3> kRows{{{5, 3}, {7, 3}, {7, 4}}};
  std::map<std::string, einsum::DenseTensor> inputs;
  std::array<std::vector<double>, 3> rows;
  std::uint64_t state = 1;
  std::int64_t outputs = 0;
  for (std::size_t t = 0; t < cascade.tensors.size(); ++t) {
    const einsum::Tensor& tensor = cascade.tensors[t];
    outputs += tensor.role == TensorRole::output ? 1 : 0;
    if (tensor.role != TensorRole::input) continue;
    const auto which = static_cast<std::size_t>(
        std::find(kNames.begin(), kNames.end(), tensor.name) - kNames.begin());
    if (which == kNames.size()) return false;
    const auto [length, width] = kRows[which];
    const auto shape = einsum::tensor_shape(cascade, static_cast<TensorId>(t), resolved);
    const bool turned = shape == std::vector<std::int64_t>{width, length};
    if (!turned && shape != std::vector<std::int64_t>{length, width}) return false;
    for (std::int64_t i = 0; i < length * width; ++i) rows[which].push_back(example_value(state));
    einsum::DenseTensor dense{shape, rows[which]};
    for (std::int64_t i = 0; turned && i < length; ++i) {
      for (std::int64_t j = 0; j < width; ++j)
        dense.data[static_cast<std::size_t>(j * length + i)] =
            rows[which][static_cast<std::size_t>(i * width + j)];
    }
    inputs[tensor.name] = std::move(dense);
  }
  if (inputs.size() != kNames.size() || outputs != 1) return false;
  constexpr double kScale = 0.37;
  std::map<std::string, double> scalars;
  if (cascade.scalar("scale") != einsum::kNone) scalars["scale"] = kScale;
  const auto all = einsum::interpret(cascade, resolved, inputs, scalars);
  workload::Shape shape{
      .batch = 1, .heads = 1, .kv_heads = 1, .seq_q = 5, .seq_kv = 7, .width_qk = 3, .width_v = 4};
  const std::vector<double> golden = weft::softmax::attention_head(
      rows[0], rows[1], rows[2], attention_shape(shape, lowering), kScale);
  for (const einsum::Tensor& tensor : cascade.tensors) {
    if (tensor.role != TensorRole::output) continue;
    const einsum::DenseTensor& own = all.at(tensor.name);
    const bool turned = own.shape == std::vector<std::int64_t>{4, 5};
    if (!turned && own.shape != std::vector<std::int64_t>{5, 4}) return false;
    for (std::int64_t p = 0; p < 5; ++p) {
      for (std::int64_t f = 0; f < 4; ++f) {
        const double value = own.data[static_cast<std::size_t>(turned ? f * 5 + p : p * 4 + f)];
        if (!(std::abs(value - golden[static_cast<std::size_t>(p * 4 + f)]) < 1e-9)) return false;
      }
    }
  }
  return true;
}

void compare(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing,
             const workload::Trace& trace, const std::vector<workload::ComputedTensor>& outputs,
             Result& result, const std::function<void(double)>& between) {
  Comparison(lowering, sizing, trace, outputs).run(result, between);
}

}  // namespace weft::sim::engine
