// The controller: fires the steps of a schedule on their units, in order within a step; precedes()
// says which step goes first. Of several schedules one after another, those that go on without a
// pause are a phase: each step walks from one into the next by itself. It knows when everything it
// has started ends; only transfers to and from memory report back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/engine/run/run_options.hpp"
#include "models/engine/schedule/port_table.hpp"
#include "models/engine/schedule/schedule.hpp"
#include "models/engine/schedule/step_cost.hpp"
#include "sim/common/unit.hpp"
#include "sim/engine/moved.hpp"
#include "sim/engine/parts.hpp"
#include "sim/engine/step_state.hpp"
#include "sim/matmul/array.hpp"
#include "sim/memory/buffer.hpp"
#include "sim/memory/messages.hpp"
#include "sim/memory/takes.hpp"

namespace weft::sim::engine {

// Where the sequencer is in its schedule.
struct SequencerState {
  struct Issue {  // of a unit: when it can take the next firing
    Cycle free_at = 0;
  };
  struct Begun {
    Cycle at = 0;
    std::int64_t tile = 0;
    Coordinates where{};
    std::int64_t heads = 0;  // of the parts before its own
  };

  std::size_t first = 0;  // part of the phase
  std::size_t group = 0;
  std::int64_t keys = 1;  // slots of an outer iteration: the most of any part of the phase
  std::vector<StepState> steps;
  std::vector<Issue> units;
  weft::engine::PortTable ports;
  std::int64_t transfers_in_flight = 0;
  Cycle last_end = 0;
  std::vector<TensorBytes> moved;         // by tensor
  std::vector<std::vector<Begun>> begun;  // by step: transfers under way, for events
  std::vector<std::vector<int>> readers;  // by step: those with a need that it meets
  bool done = false;
};

class Sequencer : public UnitOf<SequencerState>, public Driver {
 public:
  static constexpr std::int64_t kTransfersInFlight = 4;

  // `more`: what follows, where there is more than one schedule.
  Sequencer(const weft::engine::Schedule& schedule, weft::engine::EventSink* events,
            weft::engine::ScheduleStream* more = nullptr);

  const UnitClass& unit_class() const override {
    static constexpr UnitClass kSequencer{"sequencer"};
    return kSequencer;
  }
  TimingDependsOn timing_depends_on() const override {
    return first_.sizing->masked ? TimingDependsOn::mask : TimingDependsOn::shape;
  }
  // "commands[0]" and so on of the arrays, in their order, "uses", "transfers" and "completions".
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;
  void list_sums(std::vector<std::uint64_t*>& sums) override;

  bool done() const override { return state_.done; }
  // Whether a step of the group that runs has none of its tiles left.
  bool has_finished_step() const;
  Cycle finished_at() const { return state_.last_end; }
  double progress() const;
  // Of the only schedule.
  const weft::engine::Layout& layout() const { return parts_.at(0).layout; }
  std::vector<TensorBytes>& moved() { return state_.moved; }
  // What each unfinished step waits for, for the message of a deadlock.
  std::string blocked() const;

  // Steady-state advance. To it a phase is a group of the part in which the reference step is; the
  // position is that step's, relative to which the words are.
  std::size_t phase() const override {
    return steps()[group().reference].part * first_.groups.size() + state_.group;
  }
  const Position& position() const override { return steps()[group().reference].at; }
  bool advances_at(int level) const override;
  void fingerprint(StateWords& out) const override;
  void list_ordinals(std::vector<std::int64_t>& ordinals) const override;  // of all steps
  std::int64_t periods_left(const Jump& period, std::span<const std::int64_t> grown) const override;
  void jump(const Jump& jump, std::span<const std::int64_t> grown) override;

 private:
  struct Ports {
    std::vector<Out<matmul::Command>> arrays;
    Out<memory::BufferUse> buffer;
    Out<memory::Transfer> transfers;
    In<memory::Completion> completions;
  };
  // What all parts of the phase have alike: all but costs and trips.
  const weft::engine::GroupSchedule& group() const {
    return parts_.at(state_.first).schedule.groups[state_.group];
  }
  const weft::engine::LoweredGroup& lowered() const {
    return parts_.at(state_.first).schedule.lowering->groups[state_.group];
  }
  // Of the part in which a step is.
  const Parts::Part& part_of(int step) const {
    return parts_.at(state_.steps[static_cast<std::size_t>(step)].part);
  }
  const weft::engine::GroupSize& size_of(int step) const {
    return part_of(step).schedule.sizing->groups[state_.group];
  }
  const Walker& walker(int step) const {
    return part_of(step).walkers[state_.group][static_cast<std::size_t>(step)];
  }
  const std::vector<StepState>& steps() const { return state_.steps; }
  int pass_loop() const { return group().pass_loop; }
  int outer_loop() const { return pass_loop() - 1; }

  void enter_group(Cycle now);
  bool enter_next(Cycle now);
  std::uint8_t move(int step);
  void widen_slots(std::int64_t keys);
  void complete_transfers(Cycle now);
  Cycle fire_ready(Cycle now);
  bool unit_accepts(int unit, Cycle now) const;
  Ready evaluate(int step) const;
  const Ready& ready_of(int step);
  void put_in_question(int step);
  bool meet(int step, const weft::engine::Need& need, Ready& ready) const;
  const Times* slot_time(int step, const weft::engine::Need& need, bool& known) const;
  bool precedes(int a, int b) const;
  Cycle start_of(int step, const Ready& ready) const;
  void fire(int step, Cycle now, const Ready& ready);
  void fire_compute(int step, Cycle now, const Ready& ready);
  void fire_transfer(int step, Cycle now);
  State::Begun firing(int step, Cycle now) const;
  void tell(int step, Cycle end, const State::Begun& begun);
  void finish_iterations(int step, std::uint8_t ended, Times times);
  void note_slot(int step, Times times);
  void mark_boundary(int step, std::uint8_t ended);
  const weft::engine::StepCost& cost(int step) const;
  bool preloads(int step) const;
  bool drains(int step) const;
  std::int64_t key(int step) const;
  std::int64_t pass_index(int step) const;
  std::int64_t pass_total(int step) const;
  // Iterations of `level` that every step can move without meeting a tile of another class.
  std::int64_t regular_iterations(int level) const;
  std::int64_t oldest_outer(int producer) const;
  void fingerprint_times(StateWords& out, std::size_t s, Cycle past) const;
  void fingerprint_slots(StateWords& out, std::size_t s, Cycle past) const;
  static void move_ring(StepState& step, std::size_t l, Cycle cycles, std::int64_t shift);
  void move_slots(std::size_t s, const Jump& jump, bool moves, std::int64_t outer_shift);
  std::int64_t pass_tiles(int step, const Jump& jump) const;
  Cycle horizon(Cycle now) const;
  void places_in_bursts(StateWords& out, int step, int level) const;

  const weft::engine::Schedule& first_;
  Parts parts_;
  int fetcher_;  // its unit
  memory::Takes takes_;
  Ports ports_;
  weft::engine::EventSink* events_;
  bool own_ports_;  // of each tensor in the buffer: nobody waits for one
};

}  // namespace weft::sim::engine
