#include "sim/request/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "models/common/text.hpp"
#include "models/cost/scaling.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/engine/run/provenance.hpp"
#include "sim/engine/spatten/run_binding.hpp"
#include "sim/request/lengths.hpp"

namespace weft::request {
namespace {

using workload::Shape;

constexpr std::int64_t kMostHeads = 1 << 16;
constexpr std::int64_t kMostBatch = 1 << 20;
constexpr std::int64_t kMostWidth = 1 << 16;

// An option that sets one extent of the shape.
struct ExtentOption {
  const char* name;
  const std::string* text;
  std::int64_t Shape::*member;
  std::int64_t most;
};

std::vector<ExtentOption> extent_options(const PointOptions& o) {
  std::vector<ExtentOption> given;
  const auto take = [&](const char* name, const std::string& text, std::int64_t Shape::*member,
                        std::int64_t most) {
    if (!text.empty()) given.push_back({name, &text, member, most});
  };
  take("--batch", o.batch, &Shape::batch, kMostBatch);
  take("--heads", o.heads, &Shape::heads, kMostHeads);
  take("--kv-heads", o.kv_heads, &Shape::kv_heads, kMostHeads);
  take("--seq", o.seq, &Shape::seq_q, kMostTokens);
  take("--seq", o.seq, &Shape::seq_kv, kMostTokens);
  take("--seq-q", o.seq_q, &Shape::seq_q, kMostTokens);
  take("--seq-kv", o.seq_kv, &Shape::seq_kv, kMostTokens);
  take("--width", o.width, &Shape::width_qk, kMostWidth);
  take("--width", o.width, &Shape::width_v, kMostWidth);
  take("--width-qk", o.width_qk, &Shape::width_qk, kMostWidth);
  take("--width-v", o.width_v, &Shape::width_v, kMostWidth);
  return given;
}

void refuse_doubled(const PointOptions& o) {
  const auto exclude = [](const char* whole, const std::string& text, const char* part,
                          const std::string& other) {
    if (!text.empty() && !other.empty())
      refuse(part, other, fmt::format("{} {} sets it already: give one of the two", whole, text));
  };
  exclude("--seq", o.seq, "--seq-q", o.seq_q);
  exclude("--seq", o.seq, "--seq-kv", o.seq_kv);
  exclude("--width", o.width, "--width-qk", o.width_qk);
  exclude("--width", o.width, "--width-v", o.width_v);
}

// What the phase is called once an option has changed the lengths or the mask.
workload::Phase phase_of(const Shape& shape) {
  using workload::Phase;
  if (!shape.causal) return shape.seq_q == shape.seq_kv ? Phase::self : Phase::cross;
  return shape.seq_q == 1 && shape.seq_kv > 1 ? Phase::decode : Phase::prefill;
}

// The trace's shape, which no option and no named workload may contradict.
Shape traced_shape(const PointOptions& o, const workload::Trace& trace,
                   const workload::Workload* named) {
  Shape shape = trace.shape;
  for (const ExtentOption& option : extent_options(o)) {
    const std::int64_t wanted = whole_number(option.name, *option.text, 1, option.most);
    const std::int64_t there = shape.*option.member;
    if (wanted != there)
      refuse(option.name, *option.text,
             fmt::format("the trace {} has {}: leave the option out, or give {}", o.values, there,
                         there));
  }
  if (named != nullptr) {
    const Shape other = named->shape();
    const auto same = [&](const char* field, std::int64_t Shape::*member) {
      if (shape.*member == other.*member) return;
      refuse("--workload", o.workload,
             fmt::format("its {} is {}, and the trace {} has {}: leave the workload out, or name "
                         "the one of the trace",
                         field, other.*member, o.values, shape.*member));
    };
    same("heads", &Shape::heads);
    same("kv_heads", &Shape::kv_heads);
    same("width_qk", &Shape::width_qk);
    same("width_v", &Shape::width_v);
    shape.causal = shape.causal || other.causal;
  }
  if (o.causal && !*o.causal && trace.shape.causal)
    refuse("--no-causal", "",
           fmt::format("the trace {} says causal = true: leave the option out", o.values));
  if (o.causal) shape.causal = *o.causal;
  if (shape.causal != trace.shape.causal) shape.phase = phase_of(shape);
  return shape;
}

Shape stated_shape(const PointOptions& o, const workload::Workload& workload) {
  const Shape own = workload.shape();
  Shape shape = own;
  for (const ExtentOption& option : extent_options(o))
    shape.*option.member = whole_number(option.name, *option.text, 1, option.most);
  if (!o.heads.empty() && o.kv_heads.empty() && !workload.kv_heads) shape.kv_heads = shape.heads;
  if (o.causal) shape.causal = *o.causal;
  if (shape.seq_q != own.seq_q || shape.seq_kv != own.seq_kv || shape.causal != own.causal)
    shape.phase = phase_of(shape);
  return shape;
}

std::uint64_t seed_of(const std::string& text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size())
    refuse("--seed", text, "must be a whole number from 0 to 2^64 - 1");
  return seed;
}

engine::Fidelity fidelity_of(const std::string& text) {
  for (const auto& [name, fidelity] : engine::names(config::Tag<engine::Fidelity>{})) {
    if (name == text) return fidelity;
  }
  refuse("--fidelity", text, config::unknown_name(text, config::names_of<engine::Fidelity>()));
}

engine::StallProfile stall_profile_of(const std::string& text, engine::Fidelity fidelity) {
  for (const auto& [name, profile] : engine::names(config::Tag<engine::StallProfile>{})) {
    if (name != text) continue;
    if (profile != engine::StallProfile::none && fidelity == engine::Fidelity::analytic)
      refuse("--stall-profile", text,
             "memory stalls where cycles are simulated; allowed with --fidelity analytic: 'none'");
    return profile;
  }
  refuse("--stall-profile", text,
         config::unknown_name(text, config::names_of<engine::StallProfile>()));
}

workload::Assume assume_of(const std::string& text) {
  if (text.empty()) return workload::Assume::nothing;
  for (const auto& [name, assume] : workload::names(config::Tag<workload::Assume>{})) {
    if (name == text) return assume;
  }
  refuse("--assume", text, config::unknown_name(text, config::names_of<workload::Assume>()));
}

// A convention, from its option or from the trace, as a value of the binding.
template <class E>
void take_convention(const char* option, const std::string& text, const char* path,
                     const std::optional<E>& traced, Point& point) {
  std::optional<E> taken = traced;
  if (!text.empty()) {
    std::optional<E> named;
    for (const auto& [name, value] : names(config::Tag<E>{})) {
      if (name == text) named = value;
    }
    if (!named) refuse(option, text, config::unknown_name(text, config::names_of<E>()));
    if (traced && *traced != *named)
      refuse(option, text,
             fmt::format("the trace says {}: leave the option out, or give that",
                         config::name_of(*traced)));
    taken = named;
  }
  if (taken) point.settings.emplace_back(path, std::string(config::name_of(*taken)));
}

// Sequences of unequal lengths, and steps.
void take_program(const PointOptions& options, const std::vector<PointOptions>& sequences,
                  const std::string& where, workload::Workload& workload) {
  workload.steps = steps_of(options);
  for (const PointOptions& one : sequences) {
    Shape shape = stated_shape(one, workload);
    if (sequences.size() > 1) workload.sequences.push_back({shape.seq_q, shape.seq_kv});
    shape.seq_kv += (workload.steps - 1) * shape.seq_q;
    if (shape.seq_kv > kMostTokens)
      refuse("--steps", options.steps, fmt::format("grows beyond {} keys", kMostTokens));
    if (auto problems = workload::problems_of(shape, {where, 0, 0}); !problems.empty())
      throw ConfigError(std::move(problems));
  }
}

const workload::Workload* named_workload(const std::string& name, workload::Assume assume,
                                         const engine::Catalog& catalog, Loaded& loaded) {
  if (name.empty()) return nullptr;
  const auto key = std::pair(name, assume);
  const auto known = loaded.workloads.find(key);
  if (known != loaded.workloads.end()) return &known->second;
  workload::Workload read = workload::load_workload(catalog.file("workload", name), assume);
  read.asked = name;
  // A fault in it is one for designs too that have no use for it.
  if (const auto& schedule = read.schedule.value)
    static_cast<void>(sim::engine::spatten::run_of(nullptr, &*schedule));
  return &(loaded.workloads[key] = std::move(read));
}

// Trace and workload, and the shape from both.
void resolve_shape(const PointOptions& options, const engine::Catalog& catalog, Loaded& loaded,
                   Point& point) {
  refuse_doubled(options);
  const workload::Assume assume = assume_of(options.assume);
  const workload::Workload* named = named_workload(options.workload, assume, catalog, loaded);
  Shape shape;
  std::vector<PointOptions> sequences;
  if (options.values.empty()) {
    if (named == nullptr)
      throw ConfigError(
          Problem{{},
                  "--workload",
                  "",
                  "missing: name a workload, or give a trace with --values; workloads: " +
                      one_of(catalog.list("workload"))});
    sequences = sequences_of(options);
    shape = stated_shape(sequences.front(), *named);
  } else {
    if (is_program(options))
      refuse("--values", options.values,
             "a trace has one shape: leave out --steps and lists of lengths");
    point.trace = options.trace ? *options.trace : workload::load_trace(options.values);
    shape = traced_shape(options, *point.trace, named);
  }
  const std::string where = options.values.empty()
                                ? "--workload " + options.workload + " with the options"
                                : options.values + " with the options";
  if (auto problems = workload::problems_of(shape, {where, 0, 0}); !problems.empty())
    throw ConfigError(std::move(problems));
  if (named != nullptr) {
    point.workload = *named;
  } else {
    point.workload.name = std::filesystem::path(options.values).stem().string();
    point.workload.layers = static_cast<std::int64_t>(point.trace->layers.size());
  }
  point.workload.assume = assume;
  point.workload.mask_told = options.causal.has_value();
  point.workload = point.workload.at(shape);
  if (point.trace) point.trace->shape = shape;  // masked as told
  if (is_program(options)) take_program(options, sequences, where, point.workload);
  if (!point.trace && point.workload.all_layers) point.run.layers = point.workload.layers;
  engine::RunOptions asked;
  asked.layers = point.run.layers;
  asked.trace = point.trace ? &*point.trace : nullptr;
  static_cast<void>(engine::assumptions_of(point.workload, asked));  // refuses before all else
}

// "N" or "N@V" applied to the point's table, and repeated with both numbers.
void scale_cost(const std::string& text, Point& point) {
  constexpr const char* kOption = "--cost-node";
  if (point.cost == nullptr)
    refuse(kOption, text, "there are no energies to scale: name a cost table with --cost");
  const std::size_t at = text.find('@');
  if (at != std::string::npos && (at == 0 || at + 1 == text.size()))
    refuse(kOption, text, "must be N, a node in nm, or N@V with its supply, such as 7 or 7@0.7");
  const std::string node = text.substr(0, at);
  const std::string voltage = at == std::string::npos ? "" : text.substr(at + 1);
  const cost::Table table = at_process(*point.cost, kOption, node, kOption, voltage);
  point.run.cost_asked +=
      fmt::format(" --cost-node {}@{}", config::number_text(cost::node_nm(node).value()),
                  config::number_text(table.voltage_v));
  point.cost = std::make_shared<const cost::Table>(table);
}

}  // namespace

Point resolve(const PointOptions& options, const engine::Catalog& catalog, Loaded& loaded) {
  Point point;
  point.run.fidelity = fidelity_of(options.fidelity);
  point.run.exact = options.exact;
  point.run.seed = seed_of(options.seed);
  point.run.stall_profile = stall_profile_of(options.stall_profile, point.run.fidelity);
  for (const std::string& text : options.sets) point.settings.push_back(setting_of(text));
  resolve_shape(options, catalog, loaded, point);
  const workload::Trace untraced;
  const workload::Trace& trace = point.trace ? *point.trace : untraced;
  take_convention("--causal-alignment", options.causal_alignment, "binding.causal_alignment",
                  trace.alignment, point);
  take_convention("--empty-rows", options.empty_rows, "binding.empty_rows", trace.empty_rows,
                  point);
  if (!options.cost.empty()) {
    std::shared_ptr<const cost::Table>& table = loaded.costs[options.cost];
    if (table == nullptr)
      table =
          std::make_shared<const cost::Table>(cost::load_table(catalog.file("cost", options.cost)));
    point.cost = table;
    point.run.cost_asked = " --cost " + shell_word(options.cost);
  }
  if (!options.cost_node.empty()) scale_cost(options.cost_node, point);
  point.run.cost = point.cost.get();
  return point;
}

double supply_of(const std::string& option, const std::string& text) {
  const std::optional<double> voltage = config::number_of(text);
  if (!voltage || !(*voltage >= 0.1 && *voltage <= 10))
    refuse(option, text, "must be a supply in V, a number from 0.1 to 10");
  return *voltage;
}

cost::Table at_process(const cost::Table& table, const std::string& node_option,
                       const std::string& node, const std::string& voltage_option,
                       const std::string& voltage) {
  const std::optional<double> nm = cost::node_nm(node);
  if (!nm) refuse(node_option, node, "must be " + cost::allowed_nodes());
  const cost::Process to{config::number_text(*nm),
                         voltage.empty() ? table.voltage_v : supply_of(voltage_option, voltage)};
  try {
    static_cast<void>(cost::energy_factor(to, to));
  } catch (const ConfigError& error) {
    const std::string found =
        voltage.empty() ? config::number_text(to.voltage_v) + " of the table" : voltage;
    refuse(voltage_option, found, error.problems().front().message);
  }
  try {
    return cost::scaled(table, to.node, to.voltage_v);
  } catch (const ConfigError& error) {
    Problem problem = error.problems().front();
    problem.where = config::origin_of(table.origins, problem.field);
    throw ConfigError(problem);
  }
}

engine::Setting setting_of(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    refuse("--set", text, "must be PATH=VALUE, such as arch.dram.bandwidth_bytes_per_s=100e9");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::int64_t whole_number(const std::string& option, const std::string& text, std::int64_t least,
                          std::int64_t most) {
  const std::optional<double> number = config::number_of(text);
  const bool whole = number && *number >= static_cast<double>(least) &&
                     *number <= static_cast<double>(most) &&
                     *number == static_cast<double>(static_cast<std::int64_t>(*number));
  if (!whole)
    refuse(option, text,
           fmt::format("must be a whole number from {} to {}{}", least, most,
                       least > 1024 || most < 1024 ? ""
                       : most < 4096               ? ", such as 1024 or 1K"
                                                   : ", such as 1024 or 4K"));
  return static_cast<std::int64_t>(*number);
}

}  // namespace weft::request
