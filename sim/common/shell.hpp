// The SystemC module around a unit's core: an SC_METHOD that calls step(now) and sleeps until the
// cycle it asks for or a message arrives. No model state lives here.
#pragma once

#include <algorithm>
#include <exception>
#include <systemc>

#include "sim/common/channel.hpp"
#include "sim/common/clock.hpp"

namespace weft::sim {

// The first exception of a run, carried out of the kernel.
struct Failure {
  std::exception_ptr error;

  // In a handler: keeps what is handled, and pauses the kernel.
  void carry() {
    if (!error) error = std::current_exception();
    sc_core::sc_pause();
  }
};

template <class Core>
class Shell : public sc_core::sc_module, public Waker {
 public:
  // `period`: of the core's clock, in ticks.
  Shell(const sc_core::sc_module_name& name, Core& core, const Clock& clock, Failure& failure,
        Cycle period = 1)
      : sc_core::sc_module(name), core_(core), clock_(clock), failure_(failure), period_(period) {
    SC_HAS_PROCESS(Shell);
    SC_METHOD(run);
  }

  void wake_in(Cycle ticks) override {
    const Cycle tick = clock_.now() + ticks;
    latest_wake_ = std::max(latest_wake_, tick - clock_.skipped());
    wake_.notify(clock_.until(tick));
  }

 private:
  void run() {
    try {
      const Cycle tick = clock_.now();
      const Cycle now = period_ == 1 ? tick : tick / period_;
      Cycle next = core_.step(now);
      // An event keeps the earliest of its notifications alone: the others are waited for here.
      if (latest_wake_ > tick - clock_.skipped()) next = std::min(next, now + 1);
      if (next == kNever) {
        next_trigger(wake_);
      } else {
        next_trigger(clock_.until(next * period_), wake_);
      }
    } catch (...) {
      failure_.carry();
      next_trigger(wake_);
    }
  }

  Core& core_;
  const Clock& clock_;
  Failure& failure_;
  Cycle period_;
  Cycle latest_wake_ = 0;  // in the kernel's time
  sc_core::sc_event wake_;
};

}  // namespace weft::sim
