// Formats that a tensor can have where a binding puts it.
#include <algorithm>

#include "models/engine/lowerer.hpp"

namespace weft::engine {

// In the order of a trace: of two ranks, the second alone a sequence, the first
// (models/workload/trace.hpp has [sequence, width]).
RankId Lowerer::channel_of(TensorId t) const {
  const auto& dimensions = cascade_.tensors[t].dimensions;
  if (dimensions.empty()) return kNone;
  const auto is_sequence = [&](const einsum::Dimension& d) {
    const Quantity quantity = out_.quantities[cascade_.base_of(d.rank)];
    return quantity == Quantity::seq_q || quantity == Quantity::seq_kv;
  };
  const bool turned =
      dimensions.size() == 2 && !is_sequence(dimensions[0]) && is_sequence(dimensions[1]);
  return cascade_.base_of((turned ? dimensions.front() : dimensions.back()).rank);
}

void Lowerer::formats() {
  for (std::size_t t = 0; t < cascade_.tensors.size(); ++t) {
    const numerics::Format& format = out_.tensors[t].format;
    const std::string path = "tensors." + cascade_.tensors[t].name + ".format";
    out_.tensors[t].channel = channel_of(static_cast<TensorId>(t));
    if (!format.is_integer()) continue;
    if (cascade_.tensors[t].role != einsum::TensorRole::input) {
      add(path, canonical_text(format),
          "the scale of integers is known when all of their tensor is, and this one is made tile "
          "by tile: allowed for an input; here "
          "'bf16' or "
          "'fp32'");
      continue;
    }
    if (!numerics::has_scales_of_tokens(format)) continue;
    for (const LoweredGroup& group : out_.groups) {
      const bool reads =
          std::any_of(group.steps.begin(), group.steps.end(), [&](const LoweredStep& step) {
            return std::find(step.reads.begin(), step.reads.end(), static_cast<TensorId>(t)) !=
                   step.reads.end();
          });
      const bool cut = std::any_of(
          group.tiled.begin(), group.tiled.end(),
          [&](const TiledRank& tiled) { return tiled.base == out_.tensors[t].channel; });
      if (!reads || !cut) continue;
      add(path, canonical_text(format),
          "group " + group.name + " cuts its rows over " +
              cascade_.ranks[out_.tensors[t].channel].name +
              ", and the scales of a token lie behind a whole row; allowed here: a scale per "
              "tensor, head or channel");
      break;
    }
  }
}

}  // namespace weft::engine
