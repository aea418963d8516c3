#include "sim/engine/engine.hpp"

#include <algorithm>

namespace weft::sim::engine {
namespace {

AssemblyModule::Options options_of(const Engine::Config& config) {
  return {.advance = config.advance && config.values == nullptr,
          .shuffle = config.shuffle,
          .pauses = config.pauses,
          .clock = config.memory == MemorySide::socket
                       ? Clock(config.schedule.lowering->arch->clock_hz)
                       : Clock()};
}

std::string array_path(const std::string& name) { return "arrays." + name; }

}  // namespace

Engine::Engine(const sc_core::sc_module_name& name, const Config& config)
    : AssemblyModule(name, options_of(config)), config_(config) {
  const bool random = !recurs(config.stalls.timing_depends_on());
  check(!random || config.memory == MemorySide::built_in,
        "stalls are of the built-in memory: one of your own stalls as it likes");
  check(
      config.more == nullptr || (config.memory == MemorySide::built_in && config.values == nullptr),
      "schedules follow one another on built-in memory and without values");
  add_units();
  join_units();
  if (config.values != nullptr) let_values_flow();
  assemble(assembly_);
}

void Engine::add_units() {
  const weft::engine::Lowering& lowering = *config_.schedule.lowering;
  const weft::engine::Dram& dram = lowering.arch->dram;
  sequencer_ =
      &assembly_.emplace<Sequencer>("sequencer", config_.schedule, config_.events, config_.more);
  for (const std::string& name : lowering.array_names)
    assembly_.emplace<matmul::Array>(array_path(name));
  assembly_.emplace<memory::Buffer>("buffer");
  const memory::Memory* behind = nullptr;
  if (config_.memory == MemorySide::built_in) {
    behind = &built_in_memory(dram, lowering.arch->clock_hz);
  } else {
    port_ = &assembly_.emplace<memory::TlmPort>(
        "memory", "memory", memory::TlmPort::Config{{memory::takes_of(dram)}, config_.memory_base},
        clock_, failure_);
    behind = port_;
  }
  fetcher_ = &assembly_.emplace<memory::Fetcher>(
      "fetcher",
      memory::Fetcher::Config{
          .takes = behind->takes(), .outstanding = dram.outstanding, .stalls = config_.stalls});
}

const memory::Memory& Engine::built_in_memory(const weft::engine::Dram& dram, double clock_hz) {
  if (dram.system == nullptr) {
    return assembly_.emplace<memory::BandwidthMemory>(
        "memory", memory::BandwidthMemory::Config{dram, clock_hz, config_.stalls});
  }
  return assembly_.emplace<memory::DramMemory>(
      "memory", memory::DramMemory::Config{.system = dram.system,
                                           .clock_hz = clock_hz,
                                           .most_bytes = dram.burst_bytes,
                                           .queue = static_cast<std::size_t>(dram.outstanding),
                                           .stalls = config_.stalls});
}

// Every channel is as deep as what its sender can have under way, so that none of it waits for a
// place.
void Engine::join_units() {
  const weft::engine::Lowering& lowering = *config_.schedule.lowering;
  const std::vector<std::string>& arrays = lowering.array_names;
  for (std::size_t a = 0; a < arrays.size(); ++a) {
    assembly_.join("sequencer", "commands[" + std::to_string(a) + "]", array_path(arrays[a]),
                   "commands", 2);
  }
  const auto outstanding =
      static_cast<std::size_t>(std::max<std::int64_t>(2, lowering.arch->dram.outstanding));
  const auto transfers = static_cast<std::size_t>(Sequencer::kTransfersInFlight);
  assembly_.join("sequencer", "uses", "buffer", "uses",
                 2 * std::max<std::size_t>(1, arrays.size()));
  assembly_.join("sequencer", "transfers", "fetcher", "transfers", transfers);
  assembly_.join("fetcher", "completions", "sequencer", "completions", transfers);
  assembly_.join("fetcher", "requests", "memory", "requests[0]", outstanding);
  assembly_.join("memory", "responses[0]", "fetcher", "responses", outstanding);
}

void Engine::let_values_flow() {
  const auto execute = [](void* values, const matmul::Command& command) {
    static_cast<Values*>(values)->execute(command);
  };
  for (Assembly::Member& member : assembly_.members()) {
    if (auto* array = dynamic_cast<matmul::Array*>(member.unit.get()); array != nullptr)
      array->on_command(execute, config_.values);
  }
  fetcher_->on_done(
      [](void* values, const memory::Transfer& transfer) {
        static_cast<Values*>(values)->moved(transfer);
      },
      config_.values);
}

void Engine::passed_over(Cycle begin, Cycle end) {
  if (config_.events == nullptr) return;
  config_.events->gap(static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end));
}

// With other heads a run is as this one up to here where no step has come to the last of them.
void Engine::passes_over(const Assembly::Leap& leap) {
  if (leap.jump.level != 0) return;
  heads_alike_ = heads_alike_ && config_.more == nullptr && sequencer_->phase() == passed_.size() &&
                 !sequencer_->has_finished_step();
  if (!heads_alike_) return;
  weft::engine::PassedHeads& heads = passed_.emplace_back();
  heads.heads = leap.jump.iterations;
  heads.periods = leap.jump.periods;
  heads.cycles = leap.jump.cycles / leap.jump.periods;
  const auto periods = static_cast<std::uint64_t>(leap.jump.periods);
  for (std::size_t i = 0; i < leap.sums.size(); ++i)
    heads.grown.push_back((leap.sums[i] - *assembly_.sums()[i]) / periods);
}

tlm::tlm_initiator_socket<>& Engine::memory_socket() {
  check(port_ != nullptr, "an engine whose memory is built in has no memory socket");
  return port_->socket;
}

weft::engine::SimulatedRun Engine::ended() {
  if (failure_.error) std::rethrow_exception(failure_.error);
  check(done(), "a run was read before its end:" + (done() ? "" : blocked()));
  weft::engine::SimulatedRun run{.cycles = sequencer_->finished_at(),
                                 .periods = periods_passed(),
                                 .skipped = clock_.skipped(),
                                 .counts = {},
                                 .passed = {}};
  for (Assembly::Member& member : assembly_.members()) member.unit->settle(run.cycles);
  for (const std::uint64_t* count : assembly_.sums()) run.counts.push_back(*count);
  if (heads_alike_ && passed_.size() == config_.schedule.groups.size())
    run.passed = std::move(passed_);
  return run;
}

void Engine::tell(const weft::engine::SimulatedRun& run, weft::engine::Result& result) {
  using weft::engine::UnitKind;
  check(run.counts.size() == assembly_.sums().size(), "a run is read into an engine like its own");
  for (std::size_t i = 0; i < run.counts.size(); ++i) *assembly_.sums()[i] = run.counts[i];
  result.cycles = static_cast<std::uint64_t>(run.cycles);
  result.advance_periods = run.periods;
  result.advance_cycles = static_cast<std::uint64_t>(run.skipped);
  result.beyond_need_bytes = fetcher_->bytes_beyond_need();
  const std::int64_t row_bytes = config_.schedule.lowering->arch->buffer.row_bytes;
  int arrays = 0;
  for (Assembly::Member& member : assembly_.members()) {
    UnitCounts* counts = member.unit->counts();
    if (counts == nullptr) continue;
    const UnitKind kind{&member.unit->unit_class()};
    if (const auto* dram = dynamic_cast<const memory::DramMemory*>(member.unit.get()))
      result.dram_use = dram->use(run.cycles);
    if (kind == UnitKind::buffer)
      count_rows_moved(sequencer_->moved(), row_bytes, counts->counters);
    add_unit({.kind = kind,
              .array = kind == UnitKind::array ? arrays++ : weft::engine::kNone,
              .busy_cycles = counts->busy_cycles,
              .stall_in_cycles = counts->stall_in_cycles,
              .stall_out_cycles = counts->stall_out_cycles,
              .counters = counts->counters},
             result);
  }
  add_traffic(sequencer_->moved(), result);
}

}  // namespace weft::sim::engine
