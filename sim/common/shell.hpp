// The SystemC module around a unit's core: an SC_METHOD that calls step(now) and sleeps until the
// cycle it asks for or a message arrives. No model state lives here.
#pragma once

#include <exception>
#include <systemc>

#include "sim/common/channel.hpp"
#include "sim/common/clock.hpp"

namespace weft::sim {

// The first exception of a run, carried out of the kernel.
struct Failure {
  std::exception_ptr error;
};

template <class Core>
class Shell : public sc_core::sc_module, public Waker {
 public:
  Shell(const sc_core::sc_module_name& name, Core& core, const Clock& clock, Failure& failure)
      : sc_core::sc_module(name), core_(core), clock_(clock), failure_(failure) {
    SC_HAS_PROCESS(Shell);
    SC_METHOD(run);
  }

  void wake_next_cycle() override { wake_.notify(clock_.until(clock_.now() + 1)); }

 private:
  void run() {
    try {
      const Cycle now = clock_.now();
      const Cycle next = core_.step(now);
      if (next == kNever) {
        next_trigger(wake_);
      } else {
        next_trigger(clock_.until(next), wake_);
      }
    } catch (...) {
      if (!failure_.error) failure_.error = std::current_exception();
      sc_core::sc_pause();
      next_trigger(wake_);
    }
  }

  Core& core_;
  const Clock& clock_;
  Failure& failure_;
  sc_core::sc_event wake_;
};

}  // namespace weft::sim
