// An assembly as a SystemC module, with the look at the whole state behind a driver's boundary, at
// which steady-state advance passes over whole periods. An assembly by itself has one process,
// which steps all units, many cycles at one of the kernel's times: half of a run would be the
// kernel's else. In SystemC's time, and where a unit has a process of its own, there is a shell
// around every unit.
#pragma once

#include <memory>
#include <systemc>
#include <vector>

#include "sim/assembly/assembly.hpp"
#include "sim/common/shell.hpp"

namespace weft::sim {

class AssemblyModule : public sc_core::sc_module {
 public:
  struct Options {
    bool advance = true;   // pass over periods, where the assembly's timing recurs
    bool shuffle = false;  // make the modules in another order: must change nothing
    bool pauses = true;    // sc_pause() when the driver is done; a failure always pauses
    Clock clock{};         // of ticks: by itself, or in SystemC's time
  };

  // The assembly is joined, and outlives the module.
  AssemblyModule(const sc_core::sc_module_name& name, Assembly& assembly, const Options& options);

  const Clock& clock() const { return clock_; }
  const Failure& failure() const { return failure_; }
  std::uint64_t periods_passed() const { return periods_passed_; }
  // Notified when the driver is done.
  const sc_core::sc_event& finished() const { return finished_; }

 protected:
  // For a module whose units need it when they are made: fills its assembly, then calls assemble().
  AssemblyModule(const sc_core::sc_module_name& name, const Options& options);
  void assemble(Assembly& assembly);
  // Ticks are to be passed over; ticks `begin` to `end` were.
  virtual void passes_over(const Assembly::Leap& /*leap*/) {}
  virtual void passed_over(Cycle /*begin*/, Cycle /*end*/) {}

  Clock clock_;
  Failure failure_;

 private:
  // A unit that drive() steps: as a shell would, in ticks of simulated time.
  struct Driven : Waker {
    void wake_in(Cycle ticks) override;
    void step(Cycle tick);

    Cycle due = 0;
    Cycle latest_wake = -1;
    Unit* unit = nullptr;
    Cycle period = 1;
    const Cycle* now = nullptr;
  };

  void make_modules();
  void make_driven();
  void observe();
  void look(int level);
  void drive();
  void step_cycle(Cycle now);
  Cycle next_due() const;
  void go_to(Cycle tick);
  void finish();
  void sleep_until(Cycle due);

  Options options_;
  Assembly* assembly_ = nullptr;
  std::vector<std::unique_ptr<sc_core::sc_module>> modules_;
  std::vector<Driven> driven_;  // in place of modules; they stay where they are
  Cycle now_ = 0;               // of those: the clock's, which it takes the kernel to tell
  Cycle ahead_of_ = 0;          // the tick of the kernel's time
  bool look_due_ = false;       // behind this cycle
  bool finish_due_ = false;     // when the kernel's time has come here
  sc_core::sc_event never_;
  sc_core::sc_event look_;
  sc_core::sc_event finished_;
  SteadyState steady_;
  std::uint64_t periods_passed_ = 0;
};

}  // namespace weft::sim
