// The engine: an assembly of sequencer, arrays, buffer, fetcher and memory, made from an
// architecture and a schedule, as a SystemC module. With a memory socket its clock() is of
// SystemC's time: a cycle takes 1 / clock_hz of it.
#pragma once

#include <memory>
#include <systemc>
#include <vector>

#include "models/engine/analytic/simulated_runs.hpp"
#include "models/engine/run/run_options.hpp"
#include "models/engine/schedule/schedule.hpp"
#include "sim/assembly/assembly_module.hpp"
#include "sim/engine/sequencer.hpp"
#include "sim/engine/values.hpp"
#include "sim/memory/bandwidth_memory.hpp"
#include "sim/memory/fetcher.hpp"
#include "sim/memory/hbm/dram_memory.hpp"
#include "sim/memory/tlm_port.hpp"

namespace weft::sim::engine {

enum class MemorySide : std::uint8_t {
  built_in,  // sim/memory/bandwidth_memory.hpp, or sim/memory/hbm where the architecture names a
             // part
  socket,    // a TLM-2.0 initiator socket; nothing is skipped, a foreign memory's state cannot be
             // compared
};

class Engine : public AssemblyModule {
 public:
  struct Config {
    const weft::engine::Schedule& schedule;
    weft::engine::ScheduleStream* more =
        nullptr;          // what follows it; not behind a socket, no values
    bool advance = true;  // steady-state advance
    weft::engine::EventSink* events = nullptr;
    Values* values = nullptr;  // flow where set; then nothing is skipped
    memory::Stalls stalls{};   // of the built-in memory; with them nothing is skipped
    bool shuffle = false;      // build the modules in another order: must change nothing
    MemorySide memory = MemorySide::built_in;
    std::uint64_t memory_base = 0;  // of the socket: where the engine's tensors begin
    bool pauses = true;             // sc_pause() when done; a failure always pauses
  };

  Engine(const sc_core::sc_module_name& name, const Config& config);

  bool done() const { return sequencer_->done(); }
  double progress() const { return sequencer_->progress(); }
  std::string blocked() const { return sequencer_->blocked(); }
  const Assembly& assembly() const { return assembly_; }

  // To bind to a memory; ContractError where the memory is built in.
  tlm::tlm_initiator_socket<>& memory_socket();
  // Bytes that the engine's tensors take from memory_base on.
  std::uint64_t memory_bytes() const { return sequencer_->layout().bytes(); }

  // Counters and cycles of the finished run. Throws what stopped it, or ContractError where it has
  // not finished.
  void collect(weft::engine::Result& result) { tell(ended(), result); }
  // The two halves of that: what the run was, and the result of one, of this engine or of another
  // with the same units, which this one then has.
  weft::engine::SimulatedRun ended();
  void tell(const weft::engine::SimulatedRun& run, weft::engine::Result& result);

 private:
  void add_units();
  const memory::Memory& built_in_memory(const weft::engine::Dram& dram, double clock_hz);
  void join_units();
  void let_values_flow();
  void passes_over(const Assembly::Leap& leap) override;
  void passed_over(Cycle begin, Cycle end) override;

  Config config_;
  Assembly assembly_;
  // Of the assembly.
  Sequencer* sequencer_ = nullptr;
  memory::Fetcher* fetcher_ = nullptr;
  memory::TlmPort* port_ = nullptr;  // where memory is behind a socket
  // Passed over, by group, as long as each group passes heads over once.
  std::vector<weft::engine::PassedHeads> passed_;
  bool heads_alike_ = true;
};

}  // namespace weft::sim::engine
