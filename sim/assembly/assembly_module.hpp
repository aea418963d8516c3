// An assembly as a SystemC module: a shell around every unit, and the look at the whole state half
// a tick after a driver's boundary, at which steady-state advance passes over whole periods.
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
  // Ticks `begin` to `end` were passed over.
  virtual void passed_over(Cycle /*begin*/, Cycle /*end*/) {}

  Clock clock_;
  Failure failure_;

 private:
  void make_modules();
  void observe();
  void look(int level);

  Options options_;
  Assembly* assembly_ = nullptr;
  std::vector<std::unique_ptr<sc_core::sc_module>> modules_;
  sc_core::sc_event look_;
  sc_core::sc_event finished_;
  SteadyState steady_;
  std::uint64_t periods_passed_ = 0;
};

}  // namespace weft::sim
