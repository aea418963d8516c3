#include "sim/engine/spatten/rtl_limits.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <string_view>

#include "models/common/count.hpp"
#include "models/common/error.hpp"
#include "models/engine/design/assembled.hpp"
#include "sim/engine/spatten/rtl_program.hpp"
#include "sim/rtl/value_table.hpp"

namespace weft::sim::engine::spatten {
namespace {

// The units that the RTL is, but for what the scale says; configs/arch/spatten-rtl-smallest.yaml.
constexpr std::string_view kUnits = R"(
arch.assembly.units.controller.class = controller
arch.assembly.units.controller.attributes.rows_in_flight = 16
arch.assembly.units.controller.attributes.importance_lanes = 8
arch.assembly.units.controller.attributes.layers_apart = true
arch.assembly.units.fetcher.class = gather_fetcher
arch.assembly.units.fetcher.attributes.streams = 4
arch.assembly.units.fetcher.attributes.queue = 16
arch.assembly.units.fetcher.attributes.request_stalls = true
arch.assembly.units.dram.class = memory
arch.assembly.units.dram.attributes.queue = 16
arch.assembly.units.key_store.class = row_store
arch.assembly.units.key_store.attributes.of = keys
arch.assembly.units.key_store.attributes.sources = 2
arch.assembly.units.key_store.attributes.queues = 2
arch.assembly.units.qk.class = dot_array
arch.assembly.units.qk.attributes.of = scores
arch.assembly.units.qk.attributes.latency_from = last_part
arch.assembly.units.softmax.class = softmax
arch.assembly.units.softmax.attributes.parallelism = 8
arch.assembly.units.confidence.class = confidence
arch.assembly.units.token_importance.class = importance
arch.assembly.units.token_importance.attributes.of = tokens
arch.assembly.units.token_importance.attributes.parallelism = 8
arch.assembly.units.value_top_k.class = top_k
arch.assembly.units.value_top_k.attributes.comparators = 16
arch.assembly.units.comparators.class = comparator_array
arch.assembly.units.zero_eliminator.class = zero_eliminator
arch.assembly.units.zero_eliminator.attributes.places = 16
arch.assembly.units.value_pruner.class = value_pruner
arch.assembly.units.value_store.class = row_store
arch.assembly.units.value_store.attributes.of = values
arch.assembly.units.value_store.attributes.sources = 2
arch.assembly.units.prob_v.class = dot_array
arch.assembly.units.prob_v.attributes.of = outputs
arch.assembly.units.prob_v.attributes.latency_cycles = 3
arch.assembly.units.prob_v.attributes.latency_from = last_part
arch.assembly.units.head_importance.class = importance
arch.assembly.units.head_importance.attributes.of = heads
arch.assembly.units.head_importance.attributes.latency_cycles = 7
arch.assembly.units.head_importance.attributes.latency_from = last_part
arch.assembly.units.token_top_k.class = list_top_k
arch.assembly.units.token_top_k.attributes.comparators = 8
)";

// What the scale says: units by their names, and a number each.
rtl::Values scaled_units(const rtl::SpattenParameters& rtl) {
  rtl::Values all;
  const auto put = [&](const char* attribute, std::int64_t value) {
    all[fmt::format("arch.assembly.units.{}", attribute)] = std::to_string(value);
  };
  // Either store has room for the widest rows of two heads.
  const std::int64_t store = 2 * rtl.keys * rtl.multipliers * rtl.parts * rtl.bits / 8;
  put("controller.attributes.key_store_bytes", store);
  put("controller.attributes.value_store_bytes", store);
  put("value_pruner.attributes.store_bytes", store);
  put("softmax.attributes.fifo_depth", rtl.keys / 8);
  put("value_top_k.attributes.fifo_depth", rtl.keys / 16);
  put("fetcher.attributes.channels", rtl.channels);
  put("fetcher.attributes.addresses_per_cycle", rtl.addresses);
  put("dram.attributes.channels", rtl.channels);
  put("key_store.attributes.elements_per_cycle", rtl.multipliers);
  put("qk.attributes.multipliers", rtl.multipliers);
  // docs/units/matmul/dot_array.md: products, a level of the tree a cycle, the sum.
  put("qk.attributes.latency_cycles",
      2 + std::countr_zero(static_cast<std::uint64_t>(rtl.multipliers)));
  put("value_store.attributes.elements_per_cycle", rtl.multipliers);
  put("prob_v.attributes.multipliers", rtl.multipliers);
  put("head_importance.attributes.parallelism", rtl.multipliers);
  return all;
}

struct Link {
  std::string_view from, to;
  int depth = 0;  // that of a link, unless given
};
constexpr std::array<Link, 29> kLinks{{
    {"controller.key_orders", "fetcher.orders[2]"},
    {"controller.value_orders", "fetcher.orders[3]"},
    {"confidence.lower", "fetcher.orders[0]"},
    {"value_pruner.orders", "fetcher.orders[1]"},
    {"fetcher.requests[*]", "dram.requests[*]"},
    {"dram.responses[*]", "fetcher.responses[*]"},
    {"fetcher.arrived[0]", "key_store.arrived[0]"},
    {"fetcher.arrived[2]", "key_store.arrived[1]"},
    {"fetcher.arrived[1]", "value_store.arrived[0]"},
    {"fetcher.arrived[3]", "value_store.arrived[1]"},
    {"confidence.recompute", "key_store.rows[0]", 16},
    {"controller.rows", "key_store.rows[1]", 16},
    {"key_store.beats", "qk.in"},
    {"qk.out", "softmax.in"},
    {"softmax.out", "confidence.in"},
    {"confidence.importance", "token_importance.in"},
    {"confidence.out", "value_top_k.in"},
    {"confidence.decided", "controller.decided"},
    {"value_top_k.out", "comparators.in"},
    {"comparators.out", "zero_eliminator.in"},
    {"zero_eliminator.out", "value_pruner.in"},
    {"value_pruner.out", "value_store.rows[0]", 16},
    {"value_store.beats", "prob_v.in"},
    {"prob_v.out", "head_importance.in"},
    {"head_importance.done", "value_pruner.released"},
    {"value_pruner.done", "controller.finished"},
    {"token_importance.done", "controller.accumulated"},
    {"controller.selections", "token_top_k.in"},
    {"token_top_k.out", "controller.selected"},
}};

// Of the memory what the port of the RTL is; its bandwidth and latency are free.
constexpr std::string_view kMemory = R"(
arch.dram.outstanding = 64
arch.dram.burst_bytes = 32
arch.dram.access_bytes = 32
arch.dram.bus_bytes = 32
)";

rtl::Values expected_architecture(const rtl::SpattenParameters& parameters) {
  rtl::Values all = rtl::values_of(kUnits);
  all.merge(scaled_units(parameters));
  all.merge(rtl::values_of(kMemory));
  for (std::size_t i = 0; i < kLinks.size(); ++i) {
    const std::string path = fmt::format("arch.assembly.links[{}].", i);
    all[path + "from"] = kLinks[i].from;
    all[path + "to"] = kLinks[i].to;
    if (kLinks[i].depth > 0) all[path + "depth"] = std::to_string(kLinks[i].depth);
  }
  return all;
}

// Assembly and memory, but for what is free.
rtl::Values architecture_of(const weft::engine::Assembled& assembled) {
  rtl::Values all = rtl::values_of(assembled.canonical);
  std::erase_if(all, [](const auto& entry) {
    return !entry.first.starts_with("arch.assembly.") && !entry.first.starts_with("arch.dram.");
  });
  rtl::erase(all, rtl::kFreeMemory);
  return all;
}

class Limits {
 public:
  Limits(const rtl::SpattenParameters& parameters, const Run& run) : rtl_(parameters), run_(run) {}

  void add(std::string field, std::string value, std::string why) {
    problems_.push_back({{}, std::move(field), std::move(value), std::move(why)});
  }
  void add(std::vector<Problem> more) {
    problems_.insert(problems_.end(), more.begin(), more.end());
  }
  void at_most(const char* field, std::int64_t value, std::int64_t most) {
    if (value > most)
      add(field, std::to_string(value), fmt::format("the RTL takes at most {}", most));
  }
  void check_binding();
  void check_width(const char* field, std::int64_t width, const std::vector<int>& planes);
  void check_shape(const workload::Shape& shape);
  void finish() {
    if (!problems_.empty()) throw ConfigError(std::move(problems_));
  }

 private:
  void check_numbers();

  const rtl::SpattenParameters& rtl_;
  const Run& run_;
  std::vector<Problem> problems_;
};

void Limits::check_numbers() {
  const Numbers& numbers = run_.numbers;
  const auto whole = [&](const char* field, const weft::quant::BitSplit& split) {
    if (split.bits() != rtl_.bits || split.lower > 0)
      add(field, weft::quant::canonical_text(split), fmt::format("the RTL has {} bits", rtl_.bits));
  };
  whole("binding.run.numbers.query", numbers.query);
  whole("binding.run.numbers.value", numbers.value);
  if (numbers.key.bits() != rtl_.bits || numbers.key.upper % 4 != 0 || numbers.key.lower % 4 != 0)
    add("binding.run.numbers.key", weft::quant::canonical_text(numbers.key),
        "the RTL has keys of 12 bits in planes of multiples of 4: 12, 8+4 or 4+8");
  if (numbers.outputs != OutputsBy::fixed_point)
    add("binding.run.numbers.outputs", std::string(config::name_of(numbers.outputs)),
        "the RTL has fixed-point");
}

void Limits::check_binding() {
  check_numbers();
  if (run_.keys_side_by_side != 1)
    add("binding.run.keys_side_by_side", std::to_string(run_.keys_side_by_side),
        "the RTL fetches the keys of each head apart: 1");
  if (!pruned_share(run_.pruning.values, rtl_.keys))
    add("binding.run.pruning.values", config::number_text(run_.pruning.values),
        fmt::format("the RTL has the share in 65536ths, and none that rounds as this one for every "
                    "row of up to {} keys",
                    rtl_.keys));
}

// Rows lie on multiples of 8 bytes, and two of them at most in 32.
void Limits::check_width(const char* field, std::int64_t width, const std::vector<int>& planes) {
  const std::int64_t most = rtl_.multipliers * rtl_.parts;
  if (width % rtl_.multipliers != 0 || width > most) {
    add(field, std::to_string(width),
        fmt::format("the RTL takes multiples of {} up to {}", rtl_.multipliers, most));
    return;
  }
  for (const int bits : planes) {
    if (width * bits >= 128) continue;
    add(field, std::to_string(width),
        fmt::format("the RTL takes rows of 16 bytes or more, and {} elements of {} bits are {}",
                    width, bits, ceil_div<std::int64_t>(width * bits, 8)));
  }
}

void Limits::check_shape(const workload::Shape& shape) {
  const Numbers& numbers = run_.numbers;
  std::vector<int> keys{numbers.key.upper};
  if (numbers.key.lower > 0) keys.push_back(numbers.key.lower);
  check_width("--width-qk", shape.width_qk, keys);
  check_width("--width-v", shape.width_v, {numbers.value.bits()});
  at_most("--seq-q", shape.seq_q, rtl_.keys);
  at_most("--seq-kv", shape.seq_kv, rtl_.keys);
  at_most("--heads", shape.heads, rtl_.heads);
  if (shape.causal && shape.seq_kv < shape.seq_q)
    add("--seq-kv", std::to_string(shape.seq_kv),
        fmt::format("under a mask the RTL takes no fewer keys than the {} queries", shape.seq_q));
}

}  // namespace

const rtl::SpattenScale& scale_of(const weft::engine::Design& design) {
  const rtl::Values all = rtl::values_of(design.assembled()->canonical);
  const auto found = all.find("arch.assembly.units.qk.attributes.multipliers");
  std::int64_t multipliers = 0;
  if (found != all.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), multipliers);
  const rtl::SpattenScale* scale = rtl::spatten_scale_of(multipliers);
  return scale != nullptr ? *scale : rtl::kSpattenScales.front();
}

void check_in_rtl(const rtl::SpattenParameters& parameters, const weft::engine::Design& design,
                  const Run& run, const workload::Shape& shape) {
  Limits limits(parameters, run);
  limits.add(
      rtl::differences(architecture_of(*design.assembled()), expected_architecture(parameters)));
  limits.check_binding();
  limits.check_shape(shape);
  limits.finish();
}

}  // namespace weft::sim::engine::spatten
