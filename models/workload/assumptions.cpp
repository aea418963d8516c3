#include "models/workload/assumptions.hpp"

#include <fmt/format.h>

#include "models/workload/workload.hpp"

namespace weft::workload {
namespace {

std::string named(const Unmodelled& what) {
  return what.value.empty() ? fmt::format("{} (the model's default)", what.field)
                            : fmt::format("{} = {}", what.field, what.value);
}

// Batch and lengths that nobody gave.
void say_defaults(const Workload& workload, const Shape& shape, const Stated& stated,
                  std::vector<std::string>& out) {
  if (!stated.batch) {
    out.push_back(
        workload.names_batch
            ? fmt::format("batch {}: the workload's own; --batch sets another", shape.batch)
            : fmt::format("batch {}: the workload names none; --batch sets it", shape.batch));
  }
  if (!stated.length)
    out.push_back(
        fmt::format("{} tokens: the workload's own length; --seq sets another", shape.seq_q));
  if (workload.longest > 0 && std::max(shape.seq_q, shape.seq_kv) > workload.longest)
    out.push_back(fmt::format("more tokens than the {} positions of the model", workload.longest));
}

}  // namespace

std::vector<std::string> assumptions_of(const Workload& workload, const Shape& shape,
                                        std::int64_t layers, const Stated& stated) {
  std::vector<std::string> out;
  say_defaults(workload, shape, stated, out);
  if (workload.layers > layers) {
    const std::string some = layers == 1 ? "one" : std::to_string(layers);
    out.push_back(
        fmt::format("{} of the model's {} layers: cycles, bytes and energy are of {} alone", some,
                    workload.layers, layers == 1 ? "that one" : "those"));
  }
  std::vector<Problem> problems;
  for (const Unmodelled& what : workload.unmodelled) {
    if (what.within > 0 && shape.seq_kv <= what.within) continue;
    if (!what.refused) {
      out.push_back(fmt::format("{}: {}", named(what), what.text));
    } else if (what.of_mask && stated.mask) {
      out.push_back(fmt::format("{}: {}; run {}causal, as told", named(what), what.text,
                                shape.causal ? "" : "not "));
    } else if (stated.assume != Assume::nothing) {
      out.push_back(fmt::format("{}: {}; run as full {}attention (--assume {})", named(what),
                                what.text, shape.causal ? "causal " : "",
                                config::name_of(stated.assume)));
    } else {
      Problem& problem = problems.emplace_back();
      problem.where.file = workload.file;
      problem.field = what.field;
      problem.value = what.value;
      problem.message =
          what.text +
          ", which is not modelled: --assume full-attention runs full attention in its place";
      if (what.of_mask) problem.message += "; --causal or --no-causal says which mask";
    }
  }
  if (!problems.empty()) throw ConfigError(std::move(problems));
  return out;
}

}  // namespace weft::workload
