// Formats that a tensor can have where a binding puts it.
#include <fmt/format.h>

#include <algorithm>

#include "models/engine/binding/lowerer.hpp"

namespace weft::engine {

// In the order of a trace: of two ranks, the second alone a sequence, the first
// (models/workload/trace.hpp has [sequence, width]).
RankId Lowerer::channel_of(TensorId t) const {
  const auto& dimensions = cascade_.tensors[t].dimensions;
  if (dimensions.empty()) return kNone;
  const auto is_sequence = [&](const einsum::Dimension& d) {
    const RankId base = cascade_.base_of(d.rank);
    return out_.is(base, Quantity::seq_q) || out_.is(base, Quantity::seq_kv);
  };
  const bool turned =
      dimensions.size() == 2 && !is_sequence(dimensions[0]) && is_sequence(dimensions[1]);
  return cascade_.base_of((turned ? dimensions.front() : dimensions.back()).rank);
}

// Why what the cascade makes cannot have its integers; "" where it can, and of inputs. A scale has
// to be known when a tile is made: it is fixed, or that of tokens that leave the engine whole.
std::string Lowerer::refused(TensorId t) const {
  const numerics::Format& format = out_.tensors[t].format;
  const einsum::TensorRole role = cascade_.tensors[t].role;
  if (role == einsum::TensorRole::input || format.rounds_alone()) return "";
  const std::string fixed = fmt::format("a fixed scale ('int{}-within-1', say)", format.bits);
  if (!numerics::has_scales_of_tokens(format)) {
    return "the scale of these integers is known when all of the tensor is, and this one is made "
           "tile by tile; allowed: 'bf16', 'fp32', " +
           fixed + (role == einsum::TensorRole::output ? ", or a scale per token or block" : "");
  }
  const bool is_read = std::any_of(
      cascade_.einsums.begin(), cascade_.einsums.end(), [&](const einsum::Einsum& einsum) {
        return std::any_of(einsum.inputs.begin(), einsum.inputs.end(),
                           [&](const einsum::Access& access) { return access.tensor == t; });
      });
  if (role == einsum::TensorRole::output && !is_read) return "";
  return "the scale of a token is known when its row is whole, and the cascade reads this tensor "
         "as "
         "it is made tile by tile; allowed: 'bf16', 'fp32', or " +
         fixed;
}

void Lowerer::formats() {
  for (std::size_t t = 0; t < cascade_.tensors.size(); ++t) {
    const numerics::Format& format = out_.tensors[t].format;
    const std::string path = "tensors." + cascade_.tensors[t].name + ".format";
    out_.tensors[t].channel = channel_of(static_cast<TensorId>(t));
    if (!format.is_integer()) continue;
    const einsum::TensorRole role = cascade_.tensors[t].role;
    if (const std::string why = refused(static_cast<TensorId>(t)); !why.empty()) {
      add(path, canonical_text(format), why);
      continue;
    }
    if (!numerics::has_scales_of_tokens(format)) continue;
    if (out_.tensors[t].channel == kNone) {
      add(path, canonical_text(format), "the tensor is one number: it has no tokens");
      continue;
    }
    for (const LoweredGroup& group : out_.groups) {
      const bool touches =
          std::any_of(group.steps.begin(), group.steps.end(), [&](const LoweredStep& step) {
            const auto among = [&](const std::vector<TensorId>& all) {
              return std::find(all.begin(), all.end(), static_cast<TensorId>(t)) != all.end();
            };
            return among(step.reads) || among(step.writes);
          });
      const bool cut = std::any_of(
          group.tiled.begin(), group.tiled.end(),
          [&](const TiledRank& tiled) { return tiled.base == out_.tensors[t].channel; });
      if (!touches || !cut) continue;
      add(path, canonical_text(format),
          "group " + group.name + " cuts its rows over " +
              cascade_.ranks[out_.tensors[t].channel].name +
              ", and the scales of a token lie behind a whole row; allowed here: a " +
              (role == einsum::TensorRole::input ? "scale per tensor, head or channel"
                                                 : "fixed scale"));
      break;
    }
  }
}

}  // namespace weft::engine
