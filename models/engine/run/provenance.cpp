#include "models/engine/run/provenance.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/common/sha256.hpp"
#include "models/common/text.hpp"
#include "models/common/yaml_edit.hpp"
#include "models/engine/design/assembled.hpp"
#include "models/workload/spatten_csv.hpp"

namespace weft::engine {
namespace {

using workload::Shape;
using workload::Workload;

// Options that make `shape` of a workload that is otherwise as its file says; the fewest, in a
// fixed order. All of them where there is no file.
std::string shape_arguments(const Shape& shape, const Workload& file) {
  const Shape own = file.shape();
  std::string out;
  const auto set = [&](const char* name, std::int64_t value, std::int64_t otherwise) {
    if (value != otherwise) out += fmt::format(" {} {}", name, value);
  };
  set("--batch", shape.batch, own.batch);
  set("--heads", shape.heads, own.heads);
  set("--kv-heads", shape.kv_heads,
      shape.heads != own.heads && !file.kv_heads ? shape.heads : own.kv_heads);
  if (shape.seq_q == shape.seq_kv && shape.seq_q != own.seq_q && shape.seq_kv != own.seq_kv) {
    set("--seq", shape.seq_q, own.seq_q);
  } else {
    set("--seq-q", shape.seq_q, own.seq_q);
    set("--seq-kv", shape.seq_kv, own.seq_kv);
  }
  set("--width-qk", shape.width_qk, own.width_qk);
  set("--width-v", shape.width_v, own.width_v);
  if (shape.causal != own.causal) out += shape.causal ? " --causal" : " --no-causal";
  return out;
}

Workload without_file() {
  Workload none;
  none.batch = 0;  // whatever the shape, each of its extents is told
  return none;
}

// Lengths of sequences and steps, over the shape's.
std::string program_arguments(const Workload& workload) {
  std::string queries;
  std::string keys;
  for (const workload::Lengths& lengths : workload.sequences) {
    const char* comma = queries.empty() ? "" : ",";
    queries += comma + std::to_string(lengths.seq_q);
    keys += comma + std::to_string(lengths.seq_kv);
  }
  std::string out;
  if (!keys.empty())
    out += queries == keys ? " --seq " + keys : " --seq-q " + queries + " --seq-kv " + keys;
  if (workload.steps > 1) out += fmt::format(" --steps {}", workload.steps);
  return out;
}

std::string workload_arguments(const Workload& workload, const RunOptions& options) {
  Shape shape = shape_of(workload, options);
  const Workload& file = workload.own ? *workload.own : without_file();
  const bool named = workload.own || options.trace == nullptr;
  std::string out;
  if (named) out += " --workload " + shell_word(workload.own ? workload.asked : workload.name);
  if (options.trace == nullptr) {
    if (!workload.sequences.empty()) {  // told by the sequences
      shape.batch = file.batch;
      shape.seq_q = file.shape().seq_q;
      shape.seq_kv = file.shape().seq_kv;
    }
    out += shape_arguments(shape, file) + program_arguments(workload);
  } else {
    out += " --values " + shell_word(options.trace->file);
    const bool otherwise = options.trace->causal_in_file || (workload.own && file.causal);
    if (shape.causal != otherwise) out += shape.causal ? " --causal" : " --no-causal";
  }
  if (workload.assume != workload::Assume::nothing)
    out += fmt::format(" --assume {}", config::name_of(workload.assume));
  // A mask that the file leaves to be told is told again, be it the file's own.
  const auto& unmodelled = workload.unmodelled;
  const bool left_open = std::any_of(unmodelled.begin(), unmodelled.end(),
                                     [](const workload::Unmodelled& what) { return what.of_mask; });
  if (left_open && workload.mask_told && shape.causal == file.causal)
    out += file.causal ? " --causal" : " --no-causal";
  return out;
}

std::string command_of(const Design& design, const Workload& workload, const RunOptions& options) {
  std::string out = "weft run";
  out += design.is_pair() ? " --arch " + shell_word(design.arch_name()) + " --binding " +
                                shell_word(design.binding_name())
                          : " --design " + shell_word(design.name());
  out += workload_arguments(workload, options);
  out += fmt::format(" --fidelity {}", config::name_of(options.fidelity));
  if (options.exact) out += " --exact";
  out += fmt::format(" --seed {}", options.seed);
  if (options.stall_profile != StallProfile::none)
    out += fmt::format(" --stall-profile {}", config::name_of(options.stall_profile));
  out += options.cost_asked;
  for (const auto& [path, value] : design.settings())
    out += " --set " + shell_word(path + "=" + value);
  return out;
}

// What an assembly of units makes of a workload, beyond what the workload leaves open.
void say_assembled(const Design& design, const Workload& workload, const RunOptions& options,
                   std::vector<std::string>& out) {
  if (design.assembled() == nullptr || design.assembled()->arch.engine != EngineClass::spatten)
    return;
  const Shape shape = shape_of(workload, options);
  if (shape.kv_heads < shape.heads && workload.pruned == nullptr)
    out.push_back(
        fmt::format("keys and values of {} heads: stored and fetched for each of {} query heads, "
                    "since this engine shares none",
                    shape.kv_heads, shape.heads));
  if (options.trace != nullptr || workload.pruned != nullptr) return;
  if (!design.assembled()->arch.rtl.empty() && !is_program(workload, options)) {
    out.emplace_back("operands: drawn by the seed, uniform from -2 to 2; --values gives others");
  } else {
    out.emplace_back(
        "scores: drawn by the seed; lower bits are fetched for the share of rows that "
        "run.numbers.recompute_share says; --values gives operands");
  }
}

std::string shape_text(const Shape& shape) {
  return fmt::format("shape = {} {} {} {} {} {} {} {} {}\n", shape.batch, shape.heads,
                     shape.kv_heads, shape.seq_q, shape.seq_kv, shape.width_qk, shape.width_v,
                     shape.causal, config::name_of(shape.phase));
}

}  // namespace

std::vector<std::string> assumptions_of(const Workload& workload, const RunOptions& options) {
  const bool traced = options.trace != nullptr;
  if (workload.pruned != nullptr && !traced)
    return {
        "scores: drawn by the seed, since the file has none; it says how many are kept, not which"};
  const Shape shape = shape_of(workload, options);
  Shape longest = shape;
  const auto grow = [&](const workload::Lengths& lengths) {
    longest.seq_q = std::max(longest.seq_q, lengths.seq_q);
    longest.seq_kv =
        std::max(longest.seq_kv, lengths.seq_kv + (workload.steps - 1) * lengths.seq_q);
  };
  if (workload.sequences.empty()) grow({shape.seq_q, shape.seq_kv});
  for (const workload::Lengths& lengths : workload.sequences) grow(lengths);
  const Shape own = workload.own ? workload.own->shape() : shape;
  const bool stated = traced || !workload.own;
  return workload::assumptions_of(
      workload, longest, layers_of(options),
      {.assume = workload.assume,
       .mask = workload.mask_told,
       .batch = stated || is_program(workload, options) || shape.batch != own.batch,
       .length = stated || is_program(workload, options) || shape.seq_q != own.seq_q ||
                 shape.seq_kv != own.seq_kv});
}

std::string config_sha256(const Design& design, const Workload& workload,
                          const RunOptions& options) {
  const Shape shape = shape_of(workload, options);
  std::string text = fmt::format("model_revision = {}\nfidelity = {}\nseed = {}\n", kModelRevision,
                                 config::name_of(options.fidelity), options.seed);
  if (options.stall_profile != StallProfile::none)
    text += fmt::format("stall_profile = {}\n", config::name_of(options.stall_profile));
  text += shape_text(shape);
  if (options.program != nullptr) {
    program::Expansion expansion(*options.program);
    while (const auto invocation = expansion.next(false))
      text += fmt::format("layers = {} of ", invocation->layers) + shape_text(invocation->shape);
  }
  for (const workload::Lengths& lengths : workload.sequences)
    text += fmt::format("sequence = {} {}\n", lengths.seq_q, lengths.seq_kv);
  if (workload.steps > 1) text += fmt::format("steps = {}\n", workload.steps);
  text += fmt::format("model_width = {}\nfeed_forward_width = {}\n", workload.model_width,
                      workload.feed_forward_width);
  if (workload.schedule.value) config::canonical(*workload.schedule.value, "schedule", text);
  if (workload.pruned != nullptr) text += "rows = " + workload.pruned->content_sha256 + "\n";
  if (options.trace == nullptr && options.layers != 1)
    text += fmt::format("layers = {}\n", options.layers);
  text += "trace = " +
          (options.trace == nullptr ? std::string("none") : options.trace->content_sha256) + "\n";
  if (options.cost != nullptr) config::canonical(*options.cost, "cost", text);
  return sha256_hex(text + "design = " + design.canonical_sha256() + "\n");
}

Provenance provenance_of(const Design& design, const Workload& workload,
                         const RunOptions& options) {
  std::vector<std::string> assumptions = assumptions_of(workload, options);
  say_assembled(design, workload, options, assumptions);
  return {.version = WEFT_VERSION,
          .config_sha256 = config_sha256(design, workload, options),
          .seed = options.seed,
          .command = command_of(design, workload, options),
          .assumptions = std::move(assumptions)};
}

}  // namespace weft::engine
