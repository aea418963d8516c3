#include "sim/engine/spatten/run_rtl.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "models/engine/design/assembled.hpp"
#include "sim/engine/spatten/rtl_limits.hpp"
#include "sim/engine/spatten/rtl_program.hpp"
#include "sim/engine/spatten/run_parts.hpp"

namespace weft::sim::engine::spatten {
namespace {

using weft::engine::Design;
using weft::engine::Result;
using weft::engine::RunOptions;

constexpr Cycle kLook = 4096;  // cycles between looks at the stop token
// Of the planes' first byte: the upper halves of the base registers are in use, too.
constexpr std::uint64_t kBase = std::uint64_t{1} << 32;

[[noreturn]] void refuse(const char* field, std::string value, const char* why) {
  throw ConfigError(Problem{{}, field, std::move(value), why});
}

// Bytes that cross the port, of keys and of values.
struct Moved {
  std::uint64_t plane_bytes = 0;
  PlaneBytes bytes{};

  static void notice(void* context, std::uint64_t address, std::uint64_t bytes) {
    auto& self = *static_cast<Moved*>(context);
    const std::uint64_t plane = (address - kBase) / self.plane_bytes % 3;
    (static_cast<Plane>(plane) == Plane::values ? self.bytes.values : self.bytes.keys) += bytes;
  }
};

void follow(rtl::SpattenEngine& engine, const RunOptions& options, double done) {
  while (!engine.ready()) {
    engine.step();
    if (engine.now() % kLook != 0) continue;
    if (options.stop.stop_requested()) throw weft::engine::Cancelled();
    if (options.progress) options.progress(done);
  }
}

// The memory, as the simulator's unit of that name.
void add_memory(const weft::engine::Lowering& lowering, const memory::DramTiming& timing,
                Result& result) {
  const auto& names = lowering.array_names;
  const auto found = std::find(names.begin(), names.end(), "dram");
  check(found != names.end(), "the assembly has a memory");
  weft::engine::UnitResult unit;
  unit.kind = {weft::engine::UnitKind::dram.declared};
  unit.array = static_cast<int>(found - names.begin());
  unit.busy_cycles = timing.busy_cycles();
  unit.idle_cycles = result.cycles - std::min(result.cycles, unit.busy_cycles);
  unit.counters = timing.counters();
  result.units.push_back(unit);
}

void collect(const Design& design, const RtlProgram& program, const Moved& moved,
             const memory::DramTiming& timing, Result& result) {
  const weft::engine::Lowering& lowering = design.lowering(false);
  add_memory(lowering, timing, result);
  const auto key = static_cast<std::size_t>(tensor_named(design, "K"));
  const auto value = static_cast<std::size_t>(tensor_named(design, "V"));
  std::vector<std::uint64_t> bytes(std::max(key, value) + 1);
  std::vector<std::uint64_t> asked(bytes.size());
  bytes[key] = moved.bytes.keys;
  bytes[value] = moved.bytes.values;
  asked[key] = program.asked().keys;
  asked[value] = program.asked().values;
  add_traffic(lowering, bytes, asked, program.rows_done(), result);
  weft::engine::conclude(result, lowering, std::span<const weft::engine::Sizing* const>());
  result.bound_by = weft::engine::kNone;  // of one unit nobody can tell
}

void check_asked(const workload::Workload& workload, const RunOptions& options) {
  if (options.trace == nullptr && workload.pruned != nullptr)
    refuse("--workload", workload.asked,
           "rows that say what is pruned are simulated: allowed with --fidelity systemc");
  if (options.trace == nullptr && workload.is_program())
    refuse("--steps", "", "steps of a decoder are simulated: allowed with --fidelity systemc");
  if (options.cost != nullptr)
    refuse("--cost", options.cost->name,
           "the RTL counts its accesses to memory alone: allowed with --fidelity systemc");
}

}  // namespace

void run_rtl(const Design& design, const workload::Workload& workload, const RunOptions& options,
             Result& result) {
  check_asked(workload, options);
  const Run run = run_of(design, workload, options);
  const workload::Shape& shape = result.shape;
  const bool checked = options.rtl_checks || !options.wave_file.empty();
  const auto library =
      rtl::spatten_library(scale_of(design), checked ? rtl::Variant::checked : rtl::Variant::fast);
  const rtl::SpattenParameters parameters = rtl::spatten_parameters_of(*library);
  check_in_rtl(parameters, design, run, shape);
  std::optional<workload::Trace> drawn;
  if (options.trace == nullptr) drawn = drawn_operands(design, run, workload, options);
  const workload::Trace& trace = drawn ? *drawn : *options.trace;
  const auto layers = static_cast<std::int64_t>(trace.layers.size());
  result.layers = layers;
  const Layout layout =
      layout_of(run, {.layers = layers, .heads = shape.heads, .tokens = shape.seq_kv}, shape);
  RtlProgram program(run, trace, options.seed, layout, kBase,
                     *pruned_share(run.pruning.values, parameters.keys));
  const std::uint64_t plane_bytes = layout.rows(Plane::lower_keys, 0, 0, 1).address;
  rtl::SpattenEngine engine(library,
                            {.dram = design.arch().dram,
                             .clock_hz = design.arch().clock_hz,
                             .stalls = {options.stall_profile, options.seed},
                             .base = kBase,
                             .bytes = plane_bytes * 3 * static_cast<std::uint64_t>(layers)},
                            program);
  if (!options.wave_file.empty())
    engine.write_wave(options.wave_file, options.wave_from, options.wave_to);
  Moved moved{.plane_bytes = plane_bytes};
  engine.memory().on_request(Moved::notice, &moved);
  engine.begin_run(static_cast<std::uint64_t>(shape.seq_kv),
                   static_cast<std::uint64_t>(shape.heads));
  follow(engine, options, 0);
  std::int64_t done = 0;
  while (const auto layer = program.begin_layer_in(engine.memory().bytes())) {
    engine.start(*layer);
    follow(engine, options, 0.8 * static_cast<double>(done++) / static_cast<double>(layers));
    program.end_layer(engine);
    result.cycles += engine.cycles();
  }
  if (!options.wave_file.empty()) engine.close_wave();
  collect(design, program, moved, engine.memory().timing(), result);
  result.selection = program.selection();
  if (options.trace != nullptr) give_values(program, options, result);
}

}  // namespace weft::sim::engine::spatten
