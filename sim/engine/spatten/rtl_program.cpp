#include "sim/engine/spatten/rtl_program.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "models/common/error.hpp"
#include "models/numerics/arithmetic.hpp"
#include "models/numerics/bf16.hpp"
#include "models/numerics/format.hpp"
#include "models/prune/ramp.hpp"
#include "models/quant/packed.hpp"

namespace weft::sim::engine::spatten {
namespace {

using weft::prune::Stream;

std::uint64_t plane_bytes(std::int64_t elements, std::int64_t bits) {
  return static_cast<std::uint64_t>(numerics::bytes_of_bits(elements * bits));
}

}  // namespace

std::optional<std::uint64_t> pruned_share(double ratio, std::int64_t most) {
  const auto near = static_cast<std::int64_t>(std::floor(ratio * 65536));
  for (std::int64_t share = std::max<std::int64_t>(near - 1, 0); share <= near + 2; ++share) {
    bool same = true;
    for (std::int64_t n = 1; n <= most && same; ++n)
      same = weft::prune::kept_of(n, ratio) == std::max<std::int64_t>(n - (n * share >> 16), 1);
    if (same) return static_cast<std::uint64_t>(share);
  }
  return std::nullopt;
}

RtlProgram::RtlProgram(const Run& run, const workload::Trace& trace, std::uint64_t seed,
                       const Layout& layout, std::uint64_t base, std::uint64_t share)
    : TraceProgram(run, trace, seed), layout_(layout), base_(base), share_(share) {}

rtl::SpattenPlane RtlProgram::plane(Plane plane, std::int64_t bits, std::int64_t width) const {
  const auto bytes = static_cast<std::int64_t>(plane_bytes(width, bits));
  const std::int64_t layer = plan_->layer;
  const Layout::Rows first = layout_.rows(plane, layer, 0, bytes);
  const Layout::Rows second = layout_.rows(plane, layer, 1, bytes);
  return {.base = base_ + first.address,
          .head_bytes = second.address - first.address,
          .pitch = static_cast<std::uint64_t>(first.pitch_bytes)};
}

// The rows of those that are alive, in so many bits: of the upper plane of keys the upper ones, of
// the others the lowest.
void RtlProgram::put_plane(Plane plane, std::int64_t bits, const weft::quant::Quantised& from,
                           std::span<std::uint8_t> memory) const {
  const int shift = plane == Plane::keys ? binding().numbers.key.lower : 0;
  const std::uint64_t bytes = plane_bytes(from.width(), bits);
  std::vector<std::int16_t> elements(static_cast<std::size_t>(from.width()));
  for (std::size_t h = 0; h < alive_heads().size(); ++h) {
    const Layout::Rows rows =
        layout_.rows(plane, plan_->layer, alive_heads()[h], static_cast<std::int64_t>(bytes));
    for (std::size_t t = 0; t < alive_tokens().size(); ++t) {
      const auto row = from.row(static_cast<std::int64_t>(h), static_cast<std::int64_t>(t));
      std::transform(row.begin(), row.end(), elements.begin(), [&](std::int16_t x) {
        return static_cast<std::int16_t>(weft::quant::upper_of(x, shift));
      });
      const auto at = rows.address + static_cast<std::uint64_t>(alive_tokens()[t]) *
                                         static_cast<std::uint64_t>(rows.pitch_bytes);
      weft::quant::pack(elements, static_cast<int>(bits), memory.subspan(at, bytes));
    }
  }
}

std::optional<rtl::SpattenLayer> RtlProgram::begin_layer_in(std::span<std::uint8_t> memory) {
  plan_ = next();
  if (engine_ != nullptr && plan_) check_alive(engine_->alive());
  if (!plan_) return std::nullopt;
  magnitudes_.assign(alive_heads().size(), 0);
  lower_asked_.assign(alive_heads().size(), false);
  rows_ = 0;
  const Numbers& numbers = binding().numbers;
  const std::int64_t value_bits = numbers.value.bits();
  put_plane(Plane::keys, numbers.key.upper, operands().key, memory);
  if (numbers.key.lower > 0)
    put_plane(Plane::lower_keys, numbers.key.lower, operands().key, memory);
  put_plane(Plane::values, value_bits, operands().value, memory);
  const workload::Shape& s = shape();
  rtl::SpattenLayer layer{
      .queries = static_cast<std::uint64_t>(alive_queries().size()),
      .causal = s.causal,
      .follows_tokens = s.seq_q == s.seq_kv,
      .streams = plan_->streams,
      .causal_offset = s.causal ? static_cast<std::uint64_t>(s.seq_kv - s.seq_q) : 0,
      .width_qk = static_cast<std::uint64_t>(s.width_qk),
      .width_v = static_cast<std::uint64_t>(s.width_v),
      .key_bits = static_cast<std::uint64_t>(numbers.key.upper),
      .lower_bits = static_cast<std::uint64_t>(numbers.key.lower),
      .threshold = options().lower_bits_below,
      .seed = seed(),
      .pruned_share = share_,
      .keys = plane(Plane::keys, numbers.key.upper, s.width_qk),
      .lower = plane(Plane::lower_keys, numbers.key.lower, s.width_qk),
      .values = plane(Plane::values, value_bits, s.width_v)};
  const Behind kept = behind();
  const auto selection = [&](std::optional<std::int64_t> stay, Stream stream) {
    return rtl::SpattenSelection{.kept = static_cast<std::uint64_t>(stay.value_or(0)),
                                 .seed = weft::prune::selection_seed(seed(), stream, plan_->layer)};
  };
  layer.tokens = selection(kept.tokens, Stream::tokens);
  layer.heads = selection(kept.heads, Stream::heads);
  for (std::size_t h = 0; h < alive_heads().size(); ++h) {
    const auto place = static_cast<std::int64_t>(h);
    const float q = operands().query.scale(place, 0, 0);
    const float k = operands().key.scale(place, 0, 0);
    layer.scales.push_back({.head = static_cast<std::uint64_t>(alive_heads()[h]),
                            .whole = weft::softmax::score_scale(q, k, scale(), 0),
                            .upper = weft::softmax::score_scale(q, k, scale(), numbers.key.lower),
                            .out = weft::softmax::output_scale(
                                operands().value.scale(place, 0, 0),
                                weft::softmax::probability_most(options().probability_bits))});
  }
  return layer;
}

void RtlProgram::query(std::int64_t head, std::int64_t query, std::int64_t first,
                       std::span<std::int16_t> elements) {
  const auto& heads = alive_heads();
  const auto& queries = alive_queries();
  check(std::binary_search(heads.begin(), heads.end(), head) &&
            std::binary_search(queries.begin(), queries.end(), static_cast<std::int32_t>(query)),
        "the engine asks for a query that is not alive");
  const auto row = operands().query.row(
      static_cast<std::int64_t>(place_of_head(static_cast<std::int32_t>(head))),
      static_cast<std::int64_t>(place_of_query(static_cast<std::int32_t>(query))));
  check(first >= 0 && static_cast<std::size_t>(first) + elements.size() <= row.size(),
        "the engine asks for a part that the query does not have");
  std::copy_n(row.begin() + first, elements.size(), elements.begin());
}

void RtlProgram::output(std::int64_t head, std::int64_t query, std::int64_t first,
                        std::span<const float> values) {
  if (first == 0) {
    check(row_.output.empty(), "a query's outputs come one behind another");
    row_.head = static_cast<std::int32_t>(head);
    row_.query = static_cast<std::int32_t>(query);
  }
  check(row_.head == head && row_.query == query &&
            static_cast<std::int64_t>(row_.output.size()) == first,
        "a query's outputs come one behind another");
  row_.output.insert(row_.output.end(), values.begin(), values.end());
  if (static_cast<std::int64_t>(row_.output.size()) >= shape().width_v) finish_row();
}

// All outputs of a row are there: what the models make of it beside them.
void RtlProgram::finish_row() {
  const auto& queries = alive_queries();
  const auto plan = std::find_if(plan_->heads.begin(), plan_->heads.end(),
                                 [&](const HeadPlan& one) { return one.head == row_.head; });
  check(
      plan != plan_->heads.end() && std::binary_search(queries.begin(), queries.end(), row_.query),
      "the engine gives outputs of a query that is not alive");
  row_.layer = plan_->layer;
  row_.width_qk = plan_->width_qk;
  row_.width_v = plan_->width_v;
  std::size_t seen = plan->tokens->size();
  if (plan->causal)
    seen = static_cast<std::size_t>(std::upper_bound(plan->tokens->begin(), plan->tokens->end(),
                                                     row_.query + plan->causal_offset) -
                                    plan->tokens->begin());
  row_.tokens = std::span<const std::int64_t>(*plan->tokens).first(seen);
  for (row_.pass = 0; row_.pass < 2; ++row_.pass) {
    scores(row_, 0, row_.keys_seen());
    softmax(row_);
    if (row_.pass > 0 || binding().numbers.key.lower == 0 || !recomputes(row_)) break;
    ++recomputed_;
  }
  add_probabilities(row_, 0, row_.keys_seen());
  const std::size_t place = place_of_head(row_.head);
  for (const float value : row_.output)
    magnitudes_[place] = numerics::add(magnitudes_[place], std::fabs(value));
  count_asked(row_);
  add_output(row_);
  row_.output.clear();
  ++rows_;
  ++rows_done_;
}

// A head's keys are asked for once, and so are its lower bits where a row needs them.
void RtlProgram::count_asked(const QueryRow& row) {
  const auto tokens = static_cast<std::uint64_t>(alive_tokens().size());
  const Numbers& numbers = binding().numbers;
  const std::uint64_t value_bytes = plane_bytes(row.width_v, numbers.value.bits());
  const std::size_t place = place_of_head(row.head);
  if (row.pass > 0 && !lower_asked_[place]) {
    lower_asked_[place] = true;
    asked_.keys += tokens * plane_bytes(row.width_qk, numbers.key.lower);
  }
  if (row.query == alive_queries().front()) {
    asked_.keys += tokens * plane_bytes(row.width_qk, numbers.key.upper);
    if (!plan_->streams) asked_.values += tokens * value_bytes;
  }
  if (plan_->streams) {
    const std::int64_t kept = weft::prune::kept_of(row.keys_seen(), binding().pruning.values);
    asked_.values += static_cast<std::uint64_t>(std::min(kept, row.keys_seen())) * value_bytes;
  }
}

void RtlProgram::end_layer(const rtl::SpattenEngine& engine) {
  engine_ = &engine;
  check(rows_ == static_cast<std::int64_t>(alive_heads().size() * alive_queries().size()) &&
            engine.rows() == static_cast<std::uint64_t>(rows_done_),
        "the RTL gives the outputs of every query, and counts them");
  check(engine.recomputed() == static_cast<std::uint64_t>(recomputed_),
        "the RTL computes those queries again that the models do");
  selected_ = selects();
  if (selected_) select();
}

void RtlProgram::check_alive(const rtl::SpattenAlive& alive) const {
  check(alive.tokens == alive_tokens(), "the RTL keeps the tokens that the models do");
  check(alive.heads == alive_heads(), "the RTL keeps the heads that the models do");
  if (!selected_) return;
  for (std::size_t t = 0; t < alive.tokens.size(); ++t) {
    check(
        alive.token_importance[t] == static_cast<std::uint32_t>(token_importance(alive.tokens[t])),
        "the RTL's importance of a token is the models'");
  }
  for (std::size_t h = 0; h < alive.heads.size(); ++h) {
    check(numerics::bits_of(alive.head_importance[h]) ==
              numerics::bits_of(head_importance(alive.heads[h])),
          "the RTL's importance of a head is the models'");
  }
}

}  // namespace weft::sim::engine::spatten
