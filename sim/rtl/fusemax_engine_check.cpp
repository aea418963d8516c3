// Whether a design is the one that the RTL is: the binding `fusemax` of the one-pass cascade, on an
// architecture whose every value is that of the library. What the RTL does not fix (clock, DRAM
// bandwidth and latency) is free, and a buffer may be smaller: the blocks of queries are then.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "models/common/error.hpp"
#include "sim/rtl/fusemax_engine.hpp"
#include "sim/rtl/value_table.hpp"

namespace weft::sim::rtl {
namespace {

using weft::engine::ArrayKind;
using weft::engine::Lowering;

constexpr const char* kAllowed =
    "this design has no RTL; allowed: fusemax-NxN, N from 4 to 256, with its binding as it is";

template <class Config>
Values config_values(const Config& config, const std::string& path) {
  std::string lines;
  config::canonical(config, path, lines);
  return values_of(lines);
}

// The binding that the RTL's sequencer is; configs/binding/fusemax.yaml. The names of its cascades
// are free: the Einsums count.
constexpr std::string_view kBinding = R"(
binding.ranks.E = width_qk
binding.ranks.F = width_v
binding.ranks.M = seq_kv
binding.ranks.P = seq_q
binding.epochs = overlapped
binding.causal_alignment = bottom-right
binding.groups[0].loops[0] = b
binding.groups[0].loops[1] = h
binding.groups[0].loops[2] = p2
binding.groups[0].loops[3] = m1
binding.groups[0].loops[4] = p1
binding.groups[0].tiles.m.tile = array_2d.rows
binding.groups[0].tiles.p.tile = array_2d.columns
binding.groups[0].tiles.p.block = fit
binding.tensors.AV.at = dram
binding.tensors.AV.copies = 2
binding.tensors.AV.format = bf16
binding.tensors.BQK.at = array_2d
binding.tensors.BQK.format = fp32
binding.tensors.K.at = buffer
binding.tensors.K.hold = m1
binding.tensors.K.copies = 2
binding.tensors.K.format = bf16
binding.tensors.LM.at = link
binding.tensors.LM.format = fp32
binding.tensors.PRM.at = array_1d
binding.tensors.PRM.format = fp32
binding.tensors.Q.at = buffer
binding.tensors.Q.hold = p2
binding.tensors.Q.copies = 2
binding.tensors.Q.format = bf16
binding.tensors.RD.at = buffer
binding.tensors.RD.hold = p2
binding.tensors.RD.copies = 2
binding.tensors.RD.format = fp32
binding.tensors.RM.at = buffer
binding.tensors.RM.hold = p2
binding.tensors.RM.copies = 2
binding.tensors.RM.format = fp32
binding.tensors.RNV.at = buffer
binding.tensors.RNV.hold = p2
binding.tensors.RNV.copies = 2
binding.tensors.RNV.format = fp32
binding.tensors.SLD.at = link
binding.tensors.SLD.format = fp32
binding.tensors.SLN.at = array_2d
binding.tensors.SLN.format = bf16
binding.tensors.SLNV.at = link
binding.tensors.SLNV.copies = 3
binding.tensors.SLNV.format = fp32
binding.tensors.SPD.at = array_1d
binding.tensors.SPD.format = fp32
binding.tensors.SPNV.at = array_1d
binding.tensors.SPNV.copies = 1
binding.tensors.SPNV.format = fp32
binding.tensors.V.at = buffer
binding.tensors.V.hold = m1
binding.tensors.V.copies = 2
binding.tensors.V.format = bf16
)";

// Its Einsums in program order, and the array of each.
struct Step {
  std::string_view einsum;
  std::string_view text;
  bool spatial;
  std::string_view stationary = {};
};
constexpr std::array<Step, 12> kSteps{
    {{"BQK", "BQK[m1,m0,p] = Q[e,p] * K[e,m1,m0]", true, "BQK"},
     {"LM", "LM[m1,p] = max[m0] BQK[m1,m0,p]", true},
     {"RM", "RM[m1+1,p] = max(RM[m1,p], LM[m1,p])", false},
     {"SLN", "SLN[m1,m0,p] = exp(scale * (BQK[m1,m0,p] - RM[m1+1,p]))", true},
     {"SLD", "SLD[m1,p] = sum[m0] SLN[m1,m0,p]", true},
     {"SLNV", "SLNV[f,m1,p] = SLN[m1,m0,p] * V[f,m1,m0]", true, "SLN"},
     {"PRM", "PRM[m1,p] = exp(scale * (RM[m1,p] - RM[m1+1,p]))", false},
     {"SPD", "SPD[m1,p] = RD[m1,p] * PRM[m1,p]", false},
     {"RD", "RD[m1+1,p] = SLD[m1,p] + SPD[m1,p]", false},
     {"SPNV", "SPNV[f,m1,p] = RNV[f,m1,p] * PRM[m1,p]", false},
     {"RNV", "RNV[f,m1+1,p] = SLNV[f,m1,p] + SPNV[f,m1,p]", false},
     {"AV", "AV[f,p] = RNV[f,M1,p] / RD[M1,p]", false}}};
constexpr std::string_view kMask = " where m <= p + M - P else -inf";  // of BQK under a causal mask

Values expected_binding() {
  Values expected = values_of(kBinding);
  for (std::size_t s = 0; s < kSteps.size(); ++s) {
    const std::string path = fmt::format("binding.groups[0].steps[{}].", s);
    expected[path + "einsum"] = kSteps[s].einsum;
    expected[path + "on"] = kSteps[s].spatial ? "array_2d" : "array_1d";
    if (kSteps[s].spatial) {
      expected[path + "space[0]"] = "m";
      expected[path + "space[1]"] = "p";
    } else {
      expected[path + "lanes"] = "p";
    }
    if (!kSteps[s].stationary.empty()) expected[path + "stationary"] = kSteps[s].stationary;
  }
  return expected;
}

Values expected_architecture(const Parameters& rtl) {
  const std::string lines = fmt::format(
      R"(
arch.arrays.array_1d.kind = vector
arch.arrays.array_1d.lanes = {0}
arch.arrays.array_1d.tile_contexts = 1
arch.arrays.array_1d.overlaps_preload = false
arch.arrays.array_1d.overlaps_drain = false
arch.arrays.array_1d.operations.macc.interval_cycles = 1
arch.arrays.array_1d.operations.macc.latency_cycles = 1
arch.arrays.array_1d.operations.add.interval_cycles = 1
arch.arrays.array_1d.operations.add.latency_cycles = 1
arch.arrays.array_1d.operations.max.interval_cycles = 1
arch.arrays.array_1d.operations.max.latency_cycles = 1
arch.arrays.array_1d.operations.divide.interval_cycles = 1
arch.arrays.array_1d.operations.divide.latency_cycles = {1}
arch.arrays.array_1d.operations.exp.method = maccs
arch.arrays.array_1d.operations.exp.interval_cycles = 6
arch.arrays.array_1d.operations.exp.latency_cycles = 6
arch.arrays.array_1d.operations.exp.absorbs_subtract = false
arch.arrays.array_2d.kind = spatial
arch.arrays.array_2d.rows = {0}
arch.arrays.array_2d.columns = {0}
arch.arrays.array_2d.tile_contexts = {2}
arch.arrays.array_2d.overlaps_preload = false
arch.arrays.array_2d.overlaps_drain = false
arch.arrays.array_2d.operations.macc.interval_cycles = 1
arch.arrays.array_2d.operations.macc.latency_cycles = 1
arch.arrays.array_2d.operations.add.interval_cycles = 1
arch.arrays.array_2d.operations.add.latency_cycles = 1
arch.arrays.array_2d.operations.max.interval_cycles = 1
arch.arrays.array_2d.operations.max.latency_cycles = 1
arch.arrays.array_2d.operations.exp.method = maccs
arch.arrays.array_2d.operations.exp.interval_cycles = 6
arch.arrays.array_2d.operations.exp.latency_cycles = 6
arch.arrays.array_2d.operations.exp.absorbs_subtract = false
arch.links[0].from = array_2d
arch.links[0].to = array_1d
arch.links[0].latency_cycles = 0
arch.links[0].hops = rows
arch.links[1].from = array_1d
arch.links[1].to = array_2d
arch.links[1].latency_cycles = 0
arch.links[1].hops = rows
arch.buffer.row_bytes = {3}
arch.buffer.ports = per_tensor
arch.buffer.read_ports = 6
arch.buffer.write_ports = 4
arch.dram.outstanding = {4}
arch.dram.burst_bytes = {5}
arch.dram.bus_bytes = {6}
)",
      rtl.side, rtl.divide_stages, rtl.contexts, 4 * rtl.side, rtl.outstanding, 8 * rtl.beat_bytes,
      rtl.beat_bytes);
  return values_of(lines);
}

bool same_einsums(const Lowering& lowering) {
  const auto& einsums = lowering.cascade->einsums;
  const auto& scalars = lowering.cascade->scalars;
  return einsums.size() == kSteps.size() && scalars.size() == 1 && scalars[0].name == "scale" &&
         std::equal(
             einsums.begin(), einsums.end(), kSteps.begin(),
             [](const einsum::Einsum& einsum, const Step& step) {
               return einsum.text ==
                      (einsum.mask ? std::string(step.text) + std::string(kMask) : step.text);
             });
}

void check_binding(const Lowering& lowering) {
  Values found = config_values(*lowering.binding, "binding");
  erase(found, {"binding.description", "binding.source", "binding.cascade",
                "binding.causal_cascade", "binding.groups[0].name", "binding.empty_rows"});
  std::vector<Problem> problems = differences(found, expected_binding());
  constexpr std::size_t kFew = 4;  // beyond, it is another binding, not a changed one
  const bool other = problems.size() > kFew || !same_einsums(lowering);
  if (other) problems.clear();
  if (!problems.empty() || other) {
    problems.insert(problems.begin(), Problem{{}, "--fidelity", "rtl", kAllowed});
    throw ConfigError(std::move(problems));
  }
}

}  // namespace

std::shared_ptr<const Library> library_for(const Lowering& lowering, Variant variant) {
  check_binding(lowering);
  const auto array = std::find_if(lowering.arrays.begin(), lowering.arrays.end(),
                                  [](const auto* a) { return a->kind == ArrayKind::spatial; });
  check(array != lowering.arrays.end(), "the binding fusemax runs on a spatial array");
  return fusemax_of_side(*(*array)->rows, variant);
}

void check_executes(const Parameters& rtl, const Lowering& lowering,
                    const weft::engine::Sizing& sizing) {
  Values found = config_values(*lowering.arch, "arch");
  erase(found, kFreeMemory);
  erase(found, {"arch.description", "arch.source", "arch.clock_hz", "arch.buffer.bytes",
                "arch.dram.bus_up_to_side"});
  std::vector<Problem> problems = differences(found, expected_architecture(rtl));
  const auto at_most = [&](const char* field, std::int64_t value, std::int64_t most) {
    if (value > most)
      problems.push_back(
          {{}, field, std::to_string(value), fmt::format("the RTL takes at most {}", most)});
  };
  at_most("arch.buffer.bytes", lowering.arch->buffer.bytes,
          static_cast<std::int64_t>(rtl.buffer_bytes));
  // A write's data end some cycles after its address; memory that answered sooner would have to
  // wait for them.
  constexpr std::int64_t kLeastLatency = 8;
  const weft::engine::Dram& dram = lowering.arch->dram;
  if (const std::int64_t latency = latency_cycles(dram, lowering.arch->clock_hz);
      latency < kLeastLatency) {
    problems.push_back(
        {{},
         dram.latency_s ? "arch.dram.latency_s" : "arch.dram.latency_cycles",
         dram.latency_s ? config::number_text(*dram.latency_s) : std::to_string(latency),
         fmt::format("{} cycles; beside the RTL memory takes at least {} cycles", latency,
                     kLeastLatency)});
  }
  at_most("--width-qk", sizing.shape.width_qk, rtl.max_width);
  at_most("--width-v", sizing.shape.width_v, rtl.max_width);
  if (sizing.masked && sizing.mask_offset < 0) {
    problems.push_back(
        {{},
         "--seq-kv",
         std::to_string(sizing.shape.seq_kv),
         fmt::format("the RTL has no rows of zeros: each of the {} queries must see a key",
                     sizing.shape.seq_q)});
  }
  constexpr std::int64_t kMostOf24 = (1 << 24) - 1;
  at_most("--seq-q", sizing.shape.seq_q, kMostOf24);
  at_most("heads that share their keys", sizing.together, (1 << 16) - 1);
  at_most("queries of heads that share their keys", sizing.shape.seq_q * sizing.together,
          kMostOf24);
  if (sizing.together != sizing.shape.heads / sizing.shape.kv_heads) {
    problems.push_back({{},
                        "arch.buffer.bytes",
                        std::to_string(lowering.arch->buffer.bytes),
                        fmt::format("too few for a tile of {} heads that share their keys, which "
                                    "the RTL takes together",
                                    sizing.shape.heads / sizing.shape.kv_heads)});
  }
  at_most("--seq-kv", sizing.shape.seq_kv, kMostOf24);
  at_most("heads of all batches and layers", sizing.repeats, kMostOf24);
  if (!problems.empty()) throw ConfigError(std::move(problems));
}

}  // namespace weft::sim::rtl
