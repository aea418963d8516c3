// The engine as a SystemC module: sequencer, arrays, buffer, fetcher and memory, each a module
// around its core.
#pragma once

#include <functional>
#include <memory>
#include <systemc>
#include <vector>

#include "models/engine/run.hpp"
#include "models/engine/schedule.hpp"
#include "sim/common/shell.hpp"
#include "sim/engine/sequencer.hpp"
#include "sim/engine/steady_state.hpp"
#include "sim/engine/values.hpp"
#include "sim/memory/dram.hpp"
#include "sim/memory/fetcher.hpp"
#include "sim/memory/tlm_port.hpp"

namespace weft::sim::engine {

enum class MemorySide : std::uint8_t {
  built_in,  // sim/memory/dram.hpp
  socket,    // a TLM-2.0 initiator socket; nothing is skipped, a foreign memory's state cannot be
             // compared
};

class Engine : public sc_core::sc_module {
 public:
  struct Config {
    const weft::engine::Schedule& schedule;
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

  bool done() const { return sequencer_.done(); }
  const Failure& failure() const { return failure_; }
  // With a memory socket SystemC's time is time, and a cycle takes 1 / clock_hz of it.
  const Clock& clock() const { return clock_; }
  double progress() const { return sequencer_.progress(); }
  std::string blocked() const { return sequencer_.blocked(); }

  // To bind to a memory; ContractError where the memory is built in.
  tlm::tlm_initiator_socket<>& memory_socket();
  // Bytes that the engine's tensors take from memory_base on.
  std::uint64_t memory_bytes() const { return sequencer_.layout().bytes(); }
  // Notified when everything is done.
  const sc_core::sc_event& finished() const { return finished_; }

  // Counters and cycles of the finished run. Throws what stopped it, or ContractError where it has
  // not finished.
  void collect(weft::engine::Result& result);

 private:
  void observe();
  void jump(const SteadyState::Found& found);
  SteadyState::Snapshot snapshot(int level) const;
  std::vector<std::uint64_t*> counters();
  void fill_rows_moved(weft::engine::Counters& counters);

  Config config_;
  Clock clock_;
  Failure failure_;
  std::vector<Channel<matmul::Command>> commands_;
  Channel<memory::BufferUse> buffer_uses_;
  Channel<memory::Transfer> transfers_;
  Channel<memory::Completion> completions_;
  Channel<memory::Request> requests_;
  Channel<memory::Response> responses_;
  Sequencer sequencer_;
  std::vector<matmul::Array> arrays_;
  memory::Buffer buffer_;
  memory::Fetcher fetcher_;
  memory::Dram dram_;
  std::vector<std::unique_ptr<sc_core::sc_module>> modules_;
  std::unique_ptr<memory::TlmPort> port_;  // in the place of dram_
  sc_core::sc_event look_;
  sc_core::sc_event finished_;
  SteadyState steady_;
  std::vector<std::uint64_t*> counters_;
  std::uint64_t periods_ = 0;
};

}  // namespace weft::sim::engine
