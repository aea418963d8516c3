#include "sim/engine/spatten/trace_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/numerics/arithmetic.hpp"
#include "models/quant/bit_split.hpp"
#include "models/softmax/fusemax_bits.hpp"

namespace weft::sim::engine::spatten {
namespace {

weft::prune::AttentionOptions options_of(const Run& run, std::uint64_t seed) {
  weft::prune::AttentionOptions options;
  options.query.bits = run.numbers.query;
  options.key.bits = run.numbers.key;
  options.value.bits = run.numbers.value;
  options.lower_bits_below = static_cast<float>(run.numbers.recompute_below);
  options.value_ratio = run.pruning.values;
  options.seed = seed;
  return options;
}

float largest_magnitude(std::span<const float> values) {
  float largest = 0;
  for (const float x : values) largest = std::max(largest, std::fabs(x));
  return largest;
}

// fp32 has room for the differences of scores and for the sums of outputs that are a head's
// importance: a quarter of its range, beside which no rounding counts. Values that are finite may
// still be beyond.
void check_range(const workload::Trace& trace) {
  constexpr double kMost = static_cast<double>(std::numeric_limits<float>::max()) / 4;
  const workload::Shape& s = trace.shape;
  const auto refuse = [&](std::size_t layer, std::int64_t head, const char* what, double most) {
    throw ConfigError(Problem{
        {},
        "--values",
        trace.file,
        fmt::format(
            "{} of layer {}, head {} may be as large as {:.3g}, for which fp32 has no room: "
            "allowed are magnitudes whose {} stay below {:.3g}",
            what, layer, head, most, what, kMost)});
  };
  for (std::size_t l = 0; l < trace.layers.size(); ++l) {
    const workload::LayerTrace& layer = trace.layers[l];
    for (std::int64_t head = 0; head < s.heads; ++head) {
      const auto largest = [&](const std::vector<float>& of, std::int64_t heads) -> double {
        const std::size_t each = of.size() / static_cast<std::size_t>(heads);
        return largest_magnitude(std::span<const float>(of).subspan(
            static_cast<std::size_t>(head / (s.heads / heads)) * each, each));
      };
      const double score = largest(layer.q, s.heads) * largest(layer.k, s.kv_heads) *
                           static_cast<double>(s.width_qk) * std::fabs(trace.scale);
      if (score > kMost) refuse(l, head, "scores", score);
      const double outputs = largest(layer.v, s.kv_heads) *
                             static_cast<double>(s.seq_q * s.width_v) *
                             static_cast<double>(trace.layers.size());
      if (outputs > kMost) refuse(l, head, "sums of outputs", outputs);
    }
  }
}

std::vector<float> in_bf16(std::vector<float> values) {
  for (float& value : values) value = numerics::flush(numerics::round_to_bf16(value));
  return values;
}

}  // namespace

TraceProgram::TraceProgram(const Run& run, const workload::Trace& trace, std::uint64_t seed)
    : CascadeProgram(run, trace.shape, static_cast<std::int64_t>(trace.layers.size()), seed),
      trace_(trace),
      options_(options_of(run, seed)),
      outputs_(trace.layers.size()) {
  const workload::Shape& shape = trace.shape;
  if (run.numbers.value.lower > 0)
    throw ConfigError(Problem{{},
                              "binding.run.numbers.value",
                              weft::quant::canonical_text(run.numbers.value),
                              "values have one plane: a number of bits, such as 12"});
  for (const workload::LayerTrace& layer : trace.layers) {
    for (const std::vector<float>* values : {&layer.q, &layer.k, &layer.v}) {
      if (!std::all_of(values->begin(), values->end(), [](float x) { return std::isfinite(x); }))
        throw ConfigError(Problem{{},
                                  "--values",
                                  trace.file,
                                  "has values that are not finite, and fixed point has none"});
    }
  }
  check_range(trace);
  for (std::vector<float>& layer : outputs_)
    layer.resize(static_cast<std::size_t>(shape.heads * shape.seq_q * shape.width_v));
}

// The alive heads' rows of those that are kept.
std::vector<float> TraceProgram::gathered(const std::vector<float>& from,
                                          std::int64_t heads_in_file, std::int64_t rows,
                                          std::int64_t width,
                                          const std::vector<std::int64_t>& kept) const {
  const std::int64_t share = shape().heads / heads_in_file;
  std::vector<float> out;
  out.reserve(alive_heads().size() * kept.size() * static_cast<std::size_t>(width));
  for (const std::int64_t head : alive_heads()) {
    for (const std::int64_t row : kept) {
      const auto begin = from.begin() + ((head / share) * rows + row) * width;
      out.insert(out.end(), begin, begin + width);
    }
  }
  return out;
}

void TraceProgram::begin_layer(std::int64_t layer) {
  const workload::LayerTrace& traced = trace_.layers[static_cast<std::size_t>(layer)];
  const workload::Shape& s = shape();
  const std::vector<std::int64_t> queries(alive_queries().begin(), alive_queries().end());
  const auto q = gathered(traced.q, s.heads, s.seq_q, s.width_qk, queries);
  const auto k = gathered(traced.k, s.kv_heads, s.seq_kv, s.width_qk, alive_tokens());
  const auto v = gathered(traced.v, s.kv_heads, s.seq_kv, s.width_v, alive_tokens());
  const auto heads = static_cast<std::int64_t>(alive_heads().size());
  const auto rows = static_cast<std::int64_t>(alive_tokens().size());
  const auto asked = static_cast<std::int64_t>(queries.size());
  auto made = std::make_unique<Layer>(
      weft::prune::quantise_layer({q, heads, asked, s.width_qk}, {k, heads, rows, s.width_qk},
                                  {v, heads, rows, s.width_v}, options_),
      heads * asked);
  for (std::int64_t h = 0; h < heads; ++h)
    made->heads.emplace_back(made->operands, h, trace_.scale, options_);
  if (binding().numbers.outputs == OutputsBy::one_pass_bf16) {
    made->q = in_bf16(q);
    made->k = in_bf16(k);
    made->v = in_bf16(v);
  }
  layers_[layer] = std::move(made);
}

std::size_t TraceProgram::place_of_head(std::int32_t head) const {
  const auto& alive = alive_heads();
  return static_cast<std::size_t>(std::lower_bound(alive.begin(), alive.end(), head) -
                                  alive.begin());
}

std::size_t TraceProgram::place_of_query(std::int32_t query) const {
  const auto& alive = alive_queries();
  return static_cast<std::size_t>(std::lower_bound(alive.begin(), alive.end(), query) -
                                  alive.begin());
}

// All of a row's with its last keys: those before are there too.
void TraceProgram::scores(QueryRow& row, std::int64_t first, std::int64_t count) {
  if (first + count < row.keys_seen()) return;
  head_of(row).scores(static_cast<std::int64_t>(place_of_query(row.query)), row.keys_seen(),
                      row.pass == 1, row.scores);
}

void TraceProgram::softmax(QueryRow& row) {
  weft::softmax::probabilities(row.scores, options_.probability_bits, made_);
  row.probabilities.swap(made_.integers);
  row.largest = made_.largest;
}

bool TraceProgram::recomputes(const QueryRow& row) const {
  return row.keys_seen() > 0 &&
         weft::quant::needs_lower_bits(row.largest, options_.lower_bits_below);
}

// Of the keys that it sees, which are all that are alive, by FuseMax's cascade.
void TraceProgram::one_pass_output(QueryRow& row) const {
  const Layer& layer = *layers_.at(row.layer);
  const std::size_t head = place_of_head(row.head);
  const auto part = [](const std::vector<float>& of, std::size_t first, std::int64_t count) {
    return std::span<const float>(of).subspan(first, static_cast<std::size_t>(count));
  };
  const std::int64_t seen = row.keys_seen();
  const std::size_t alive = alive_tokens().size();
  const std::size_t query = head * alive_queries().size() + place_of_query(row.query);
  const auto width_qk = static_cast<std::size_t>(row.width_qk);
  const auto width_v = static_cast<std::size_t>(row.width_v);
  row.output = weft::softmax::fusemax_attention(
      part(layer.q, query * width_qk, row.width_qk),
      part(layer.k, head * alive * width_qk, seen * row.width_qk),
      part(layer.v, head * alive * width_v, seen * row.width_v),
      {.seq_q = 1, .seq_kv = seen, .width_qk = row.width_qk, .width_v = row.width_v}, trace_.scale,
      binding().numbers.key_tile);
}

void TraceProgram::output(QueryRow& row) {
  if (binding().numbers.outputs == OutputsBy::one_pass_bf16) return one_pass_output(row);
  const weft::prune::HeadAttention& head = head_of(row);
  std::vector<std::int16_t> probabilities(static_cast<std::size_t>(head.keys()));
  std::int64_t left = 0;
  for (const std::int64_t position : row.kept) {
    const auto at = static_cast<std::size_t>(position);
    probabilities[at] = static_cast<std::int16_t>(row.probabilities[at]);
    left += row.probabilities[at];
  }
  row.output.resize(static_cast<std::size_t>(row.width_v));
  head.output(probabilities, left, {}, row.output);
}

void TraceProgram::add_output(const QueryRow& row) {
  std::vector<float>& layer = outputs_[static_cast<std::size_t>(row.layer)];
  std::copy(row.output.begin(), row.output.end(),
            layer.begin() + (row.head * shape().seq_q + row.query) * row.width_v);
  if (--layers_.at(row.layer)->rows == 0) layers_.erase(row.layer);
}

// In the order of queries, whichever was done first.
float TraceProgram::magnitude(std::size_t head) const {
  const std::vector<float>& layer = outputs_[static_cast<std::size_t>(selection_.back().layer)];
  float sum = 0;
  for (const std::int32_t query : alive_queries()) {
    const auto begin =
        static_cast<std::size_t>((alive_heads()[head] * shape().seq_q + query) * shape().width_v);
    for (std::int64_t f = 0; f < shape().width_v; ++f)
      sum = numerics::add(sum, std::fabs(layer[begin + static_cast<std::size_t>(f)]));
  }
  return sum;
}

}  // namespace weft::sim::engine::spatten
