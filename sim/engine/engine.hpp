// The engine as a SystemC module: sequencer, arrays, buffer, fetcher and memory, each a module around its core.
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

namespace weft::sim::engine {

class Engine : public sc_core::sc_module {
 public:
  struct Config {
    const weft::engine::Schedule& schedule;
    bool advance = true;                     // steady-state advance
    weft::engine::EventSink* events = nullptr;
    Values* values = nullptr;                // flow where set; then nothing is skipped
    bool shuffle = false;                    // build the modules in another order: must change nothing
  };

  Engine(const sc_core::sc_module_name& name, const Config& config);

  bool done() const { return sequencer_.done(); }
  const Failure& failure() const { return failure_; }
  double progress() const { return sequencer_.progress(); }
  std::string blocked() const { return sequencer_.blocked(); }

  // Counters and cycles of the finished run.
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
  sc_core::sc_event look_;
  SteadyState steady_;
  std::vector<std::uint64_t*> counters_;
  std::uint64_t periods_ = 0;
};

}  // namespace weft::sim::engine
