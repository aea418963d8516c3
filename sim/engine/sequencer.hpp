// The controller: fires the steps of a schedule on their units, in order within a step; precedes()
// says which step goes first. It knows when everything it has started ends; only transfers to and
// from memory report back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/engine/layout.hpp"
#include "models/engine/run.hpp"
#include "models/engine/schedule.hpp"
#include "sim/common/channel.hpp"
#include "sim/engine/step_state.hpp"
#include "sim/matmul/array.hpp"
#include "sim/memory/buffer.hpp"
#include "sim/memory/messages.hpp"

namespace weft::sim::engine {

// A jump over whole periods: `iterations` of loop `level`, `cycles` long; ordinals and counts move
// with them.
struct Jump {
  int level = 0;
  std::int64_t iterations = 0;
  std::int64_t periods = 0;
  Cycle cycles = 0;
};

class Sequencer {
 public:
  struct Ports {
    std::vector<Channel<matmul::Command>>& arrays;
    Channel<memory::BufferUse>& buffer;
    Channel<memory::Transfer>& transfers;
    Channel<memory::Completion>& completions;
  };
  // Bytes moved of one tensor, by memory level.
  struct Moved {
    std::uint64_t dram_read = 0;
    std::uint64_t dram_written = 0;
    std::uint64_t buffer_read = 0;
    std::uint64_t buffer_written = 0;
  };

  Sequencer(const weft::engine::Schedule& schedule, Ports ports, weft::engine::EventSink* events);

  Cycle step(Cycle now);

  bool done() const { return done_; }
  Cycle finished_at() const { return state_.last_end; }
  double progress() const;
  const weft::engine::Layout& layout() const { return layout_; }
  // The outermost loop that began a new iteration in the last step(); kNone if none did.
  int take_boundary();
  std::vector<Moved>& moved() { return state_.moved; }
  // Called in the cycle of a boundary, and in the one in which everything is done.
  using Notice = void (*)(void* context);
  void on_boundary(Notice notice, void* context) {
    notice_ = notice;
    notice_context_ = context;
  }
  // What each unfinished step waits for, for the message of a deadlock.
  std::string blocked() const;

  // Steady-state advance. The reference step's coordinates; words relative to them at `level`.
  const Coordinates& reference() const { return steps()[group().reference].at; }
  bool advances_at(int level) const;
  void fingerprint(StateWords& out, int level) const;
  // Ordinals of all steps, to scale by periods.
  std::vector<std::int64_t> ordinals() const;
  // Iterations of `level` that every step can move without meeting a tile of another class.
  std::int64_t regular_iterations(int level) const;
  void advance(const Jump& jump, const std::vector<std::int64_t>& ordinals_before);
  std::size_t group_index() const { return state_.group; }

 private:
  struct Unit {
    Cycle free_at = 0;
  };
  struct Ready {
    bool known = false;
    Cycle data = 0;
    Cycle space = 0;
    Cycle at() const { return data > space ? data : space; }
  };
  struct State {
    std::size_t group = 0;
    std::vector<StepState> steps;
    std::vector<Unit> units;
    memory::PortTable ports;
    std::int64_t transfers_in_flight = 0;
    Cycle last_end = 0;
    std::vector<Moved> moved;
  };

  struct Begun {
    Cycle at = 0;
    std::int64_t tile = 0;
    Coordinates where{};
  };

  const weft::engine::GroupSchedule& group() const { return schedule_.groups[state_.group]; }
  const std::vector<StepState>& steps() const { return state_.steps; }
  int pass_loop() const { return group().pass_loop; }
  int outer_loop() const { return pass_loop() - 1; }

  void enter_group(Cycle now);
  void complete_transfers(Cycle now);
  Cycle fire_ready(Cycle now);
  bool unit_accepts(int unit, Cycle now) const;
  Ready evaluate(int step) const;
  bool meet(int step, const weft::engine::Need& need, Ready& ready) const;
  const Times* slot_time(int step, const weft::engine::Need& need, bool& known) const;
  bool precedes(int a, int b) const;
  Cycle start_of(int step, const Ready& ready) const;
  void fire(int step, Cycle now, const Ready& ready);
  void fire_compute(int step, Cycle now, const Ready& ready);
  void fire_transfer(int step, Cycle now);
  void tell(int step, Cycle begin, Cycle end, std::int64_t tile, const Coordinates& at);
  void finish_iterations(int step, std::uint8_t ended, Times times);
  void note_slot(int step, Times times);
  void mark_boundary(int step, std::uint8_t ended);
  const weft::engine::StepCost& cost(int step) const;
  bool preloads(int step) const;
  bool drains(int step) const;
  std::int64_t key(int step) const;
  std::int64_t pass_index(const Coordinates& at) const;
  std::int64_t pass_total(const Coordinates& at) const;
  std::int64_t regular_end(int step, int level) const;
  std::int64_t oldest_outer(int producer) const;
  std::int64_t pass_tiles(const Jump& jump) const;
  Cycle horizon(Cycle now) const;
  void places_in_bursts(StateWords& out, int step, int level) const;

  const weft::engine::Schedule& schedule_;
  weft::engine::Layout layout_{schedule_};
  Ports ports_;
  weft::engine::EventSink* events_;
  bool own_ports_;  // of each tensor in the buffer: nobody waits for one
  State state_;
  std::vector<std::vector<Walker>> walkers_;  // by group, by step
  std::vector<std::vector<std::uint8_t>>
      ring_loops_;                         // by group, by step: loops whose times are remembered
  std::vector<std::vector<Begun>> begun_;  // by step: transfers under way, for events
  int boundary_ = weft::engine::kNone;
  bool done_ = false;
  Notice notice_ = nullptr;
  void* notice_context_ = nullptr;
};

}  // namespace weft::sim::engine
