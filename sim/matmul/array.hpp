// An array, spatial or vector: executes the steps the sequencer orders, counts its work and
// computes the values.
#pragma once

#include <cstdint>

#include "models/engine/result/result.hpp"
#include "models/engine/schedule/schedule.hpp"
#include "models/engine/schedule/step_cost.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim::matmul {

// One firing of a step. Its slots are [begin, end); stalls are the cycles before it in which the
// array had work to come but waited for operands or for room.
struct Command {
  static constexpr std::string_view kName = "command";

  const weft::engine::StepCost* cost = nullptr;
  int group = 0;
  int step = 0;
  Cycle begin = 0;
  Cycle end = 0;
  bool preloads = false;
  bool drains = false;
  Cycle stall_in = 0;
  Cycle stall_out = 0;
  unsigned edges = 0;
  weft::engine::Coordinates at{};

  void fingerprint(StateWords& out) const {
    out.word(step);
    out.time(begin);
    out.time(end);
    out.word(stall_in);
    out.word(stall_out);
    out.word(static_cast<std::int64_t>(edges) * 4 + (preloads ? 2 : 0) + (drains ? 1 : 0));
  }
  void advance(Cycle cycles) {
    begin += cycles;
    end += cycles;
  }
};

class Array : public Unit {
 public:
  // Called for every firing where values flow.
  using Execute = void (*)(void* context, const Command& command);

  Array() = default;
  explicit Array(Channel<Command>& commands) : commands_(commands) {}
  void on_command(Execute execute, void* context) {
    execute_ = execute;
    context_ = context;
  }

  const UnitClass& unit_class() const override { return *weft::engine::UnitKind::array.declared; }
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  void list_ports(PortList& ports) override { ports.add("commands", commands_); }
  Cycle step(Cycle now) override;
  UnitCounts* counts() override { return &counts_; }
  void fingerprint(StateWords& /*out*/) const override {}
  void advance(Cycle /*cycles*/) override {}

 private:
  In<Command> commands_;
  UnitCounts counts_;
  Execute execute_ = nullptr;
  void* context_ = nullptr;
};

}  // namespace weft::sim::matmul
