#include "models/baseline/run_baseline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>

#include "models/baseline/attentions.hpp"
#include "models/baseline/host_cpu.hpp"
#include "models/baseline/platform.hpp"
#include "models/baseline/sparse_engine.hpp"
#include "models/common/count.hpp"
#include "models/engine/design/assembled.hpp"

namespace weft::baseline {
namespace {

using engine::Design;
using engine::Result;
using engine::RunOptions;
using engine::UnitKind;
using engine::Unsimulated;
using program::Invocation;

constexpr std::array<CounterDeclaration, 1> kDeviceCounters{{
    {"flops", "operations", "of QK and AV, as if nothing were left out"},
}};
constexpr UnitClass kDevice{"device", kDeviceCounters};
constexpr std::array<CounterDeclaration, 2> kSearchCounters{{
    {"rows", "rows", "queries of heads"},
    {"steps", "steps", "of the greedy search over sorted columns"},
}};
constexpr UnitClass kSearch{"candidate_search", kSearchCounters};
constexpr std::array<CounterDeclaration, 2> kProductCounters{{
    {"rows", "rows", "of keys or values"},
    {"multiplications", "operations", "multiplications"},
}};
constexpr UnitClass kProduct{"dot_array", kProductCounters};

template <class M>
M model_of(const Design& design) {
  M model;
  config::Reader reader;
  const auto& document = design.assembled()->arch.model.value;
  if (document) {
    config::read(*document, model, reader);
    reader.finish();
  }
  return model;
}

engine::TensorId tensor_named(const Design& design, const char* name) {
  const auto found = design.lowering(false).cascade->tensor(name);
  if (found != einsum::kNone) return found;
  throw ConfigError(Problem{config::origin_of(design.assembled()->binding_origins, "cascade"),
                            "cascade", design.binding().cascade,
                            std::string("has no tensor ") + name});
}

constexpr double kMost = 1.8e19;  // of a count in 64 bits

std::uint64_t whole(double value) { return static_cast<std::uint64_t>(std::llround(value)); }

void set_cycles(Result& result, double cycles) {
  if (!(cycles < kMost)) throw TooLarge("cycles of the run", cycles, kMost);
  result.cycles = std::max<std::uint64_t>(1, whole(std::ceil(cycles)));
}

void add_traffic(const Design& design, Result& result, const char* tensor, double bytes) {
  if (!(bytes < kMost)) throw TooLarge("bytes read from the memory", bytes, kMost);
  result.traffic.push_back({tensor_named(design, tensor), UnitKind::dram, whole(bytes), 0});
}

void add_unit(Result& result, const UnitClass& kind, double busy,
              std::initializer_list<double> counts) {
  engine::UnitResult unit;
  unit.kind = {&kind};
  unit.array = static_cast<int>(result.units.size());
  unit.busy_cycles = std::min(result.cycles, whole(busy));
  unit.idle_cycles = result.cycles - unit.busy_cycles;
  std::size_t c = 0;
  for (const double count : counts) unit.counters[c++] = whole(count);
  result.units.push_back(unit);
}

// What attentions take whatever is left out: of operands of `bits`, each once.
struct Needed {
  double flops = 0;
  double key_bytes = 0;
  double value_bytes = 0;
};
Needed needed_by(const std::vector<Invocation>& attentions, double bits) {
  Needed all;
  for (const Invocation& one : attentions) {
    all.flops += operations_of(one, false);
    all.key_bytes += key_bytes(one, bits);
    all.value_bytes += value_bytes(one, bits);
  }
  return all;
}

// A machine as a whole, busy from beginning to end.
void add_device(const Design& design, Result& result, const Needed& needed) {
  add_traffic(design, result, "K", needed.key_bytes);
  add_traffic(design, result, "V", needed.value_bytes);
  add_unit(result, kDevice, static_cast<double>(result.cycles), {needed.flops});
}

void run_platform(const Design& design, const std::vector<Invocation>& attentions, Result& result) {
  const auto model = model_of<Platform>(design);
  PlatformTime all{.seconds = 0, .joules = 0.0, .from = TimeFrom::measured, .notes = {}};
  for (const Invocation& one : attentions) {
    std::string why;
    const auto time = time_of(model, one, why);
    if (!time) throw engine::Stuck("not measured: " + why);
    all.seconds += time->seconds;
    if (all.joules && time->joules) {
      *all.joules += *time->joules;
    } else {
      all.joules.reset();
    }
    all.from = std::max(all.from, time->from);
    for (const std::string& note : time->notes) {
      if (std::find(all.notes.begin(), all.notes.end(), note) == all.notes.end())
        all.notes.push_back(note);
    }
  }
  set_cycles(result, all.seconds * result.clock_hz);
  add_device(design, result, needed_by(attentions, static_cast<double>(model.operand_bits)));
  result.unsimulated = Unsimulated{std::string(config::name_of(all.from)), all.joules, all.notes};
  result.unsimulated->assumptions.emplace_back(
      "not simulated: time is of a real machine, the same at every fidelity; DRAM bytes are those "
      "of K and V once, which were not measured");
}

void run_host(const Design& design, const std::vector<Invocation>& attentions,
              const RunOptions& options, Result& result) {
  const HostTime time = measure_host(attentions, options);
  set_cycles(result, time.seconds * result.clock_hz);
  add_device(design, result, needed_by(attentions, 32));
  result.unsimulated = Unsimulated{"measured", std::nullopt, {}};
  auto& notes = result.unsimulated->assumptions;
  notes.push_back(
      "measured now, on the machine that ran this command: it depends on that machine "
      "and differs from run to run; " +
      time.library);
  if (time.scaled) notes.emplace_back("time: of a part of the heads, scaled to all");
  notes.emplace_back("DRAM bytes are those of K and V once, which were not measured");
}

void run_sparse_engine(const Design& design, Mechanism mechanism,
                       const std::vector<Invocation>& attentions, const RunOptions& options,
                       Result& result) {
  const auto model = model_of<SparseModel>(design);
  const double bytes_per_cycle = design.arch().dram.bandwidth_bytes_per_s / design.arch().clock_hz;
  SparseRun run = run_sparse(mechanism, model, bytes_per_cycle, attentions, options);
  const SparseWork& work = run.work;
  set_cycles(result, run.total_cycles);
  add_traffic(design, result, "K", work.key_bytes);
  add_traffic(design, result, "V", work.value_bytes);
  const auto& shape = attentions.front().shape;
  if (mechanism == Mechanism::a3)
    add_unit(result, kSearch, work.search_cycles, {work.rows, work.searched});
  add_unit(result, kProduct, work.key_cycles,
           {work.candidates, work.candidates * static_cast<double>(shape.width_qk)});
  add_unit(result, kProduct, work.value_cycles,
           {work.kept, work.kept * static_cast<double>(shape.width_v)});
  engine::UnitResult dram;
  dram.kind = UnitKind::dram;
  dram.busy_cycles = std::min(result.cycles, whole(work.load_cycles));
  dram.idle_cycles = result.cycles - dram.busy_cycles;
  dram.counters[static_cast<std::size_t>(engine::DramCounter::bytes_read)] =
      whole(work.key_bytes + work.value_bytes);
  result.units.push_back(dram);
  result.unsimulated = Unsimulated{"computed", std::nullopt, {}};
  auto& notes = result.unsimulated->assumptions;
  notes.emplace_back(
      "not simulated: computed from the published mechanism, the same at every fidelity");
  if (run.sampled)
    notes.emplace_back(
        "scores: of operands drawn by the seed; some rows of each attention stand "
        "for all");
  if (options.trace == nullptr) return;
  notes.emplace_back("values: in double precision; what errs is what is left out");
  result.error = run.error;
  const workload::Shape& traced = options.trace->shape;
  if (options.outputs != nullptr) *options.outputs = run.outputs;
  if (options.tensors != nullptr)
    *options.tensors = {{"out", "AV", {traced.seq_q, traced.width_v}, std::move(run.outputs)}};
}

}  // namespace

void run(const Design& design, const workload::Workload& workload, const RunOptions& options,
         Result& result) {
  const std::vector<Invocation> attentions = attentions_of(workload, options);
  switch (design.assembled()->arch.engine) {
    case engine::EngineClass::platform: run_platform(design, attentions, result); break;
    case engine::EngineClass::host: run_host(design, attentions, options, result); break;
    case engine::EngineClass::a3:
      run_sparse_engine(design, Mechanism::a3, attentions, options, result);
      break;
    case engine::EngineClass::mnnfast:
      run_sparse_engine(design, Mechanism::mnnfast, attentions, options, result);
      break;
    case engine::EngineClass::spatten: throw ContractError("an engine that is simulated");
  }
  if (options.trace != nullptr && !result.error)
    throw ConfigError(Problem{{},
                              "--values",
                              options.trace->file,
                              "times of this design are measured, and no values flow in it"});
  if (attentions.size() > 1) result.invocations = attentions;
  engine::conclude(result, design.lowering(false), std::span<const engine::Sizing* const>());
}

}  // namespace weft::baseline
