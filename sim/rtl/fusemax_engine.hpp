// The Verilated FuseMax engine with its memory and its driver: one core with step(now), for a loop,
// for a SystemC shell beside the simulator's engine, or for a test. It programs the registers over
// AXI4-Lite, starts the run, follows it cycle by cycle, and reads the counters back.
// docs/units/engine/fusemax.md has registers and timing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/engine/schedule/schedule.hpp"
#include "models/workload/trace.hpp"
#include "sim/rtl/axi_memory.hpp"
#include "sim/rtl/fusemax_library.hpp"
#include "sim/rtl/register_bus.hpp"

namespace weft::sim::rtl {

// A firing in the RTL: `unit` 0 is array_2d, 1 array_1d, 2 the memory port; `step` as the engine's
// trace ports number it.
struct Firing {
  Cycle cycle = 0;  // of the run: 0 is the first one with busy set
  int unit = 0;
  int step = 0;
};
// The Einsum or transfer that a firing is: "BQK", "load K".
const char* name_of(const Firing& firing);

// The counters of the register file, in its order.
enum class RtlCounter : std::uint8_t {
  cycles,
  busy_2d,
  stall_in_2d,
  stall_out_2d,
  tiles_2d,
  busy_1d,
  stall_in_1d,
  stall_out_1d,
  tiles_1d,
  read_requests,
  write_requests,
  bytes_read,
  bytes_written
};
inline constexpr std::size_t kRtlCounters = 13;

// The library of the design's side; ConfigError where the design is none that has RTL, or where
// there is no library.
std::shared_ptr<const Library> library_for(const weft::engine::Lowering& lowering, Variant variant);
// ConfigError where the design is not one that the library's RTL executes: field, value, and what
// the RTL has.
void check_executes(const Parameters& parameters, const weft::engine::Lowering& lowering,
                    const weft::engine::Sizing& sizing);

class FusemaxEngine {
 public:
  using Fire = void (*)(void* context, const Firing& firing);

  // Operands come from `trace`; without one they are drawn from `seed`. `schedule` must be one that
  // check_executes() takes.
  FusemaxEngine(const std::shared_ptr<const Library>& library,
                const weft::engine::Schedule& schedule, const workload::Trace* trace,
                const memory::Stalls& stalls, std::uint64_t seed);

  void on_fire(Fire fire, void* context) {
    fire_ = fire;
    context_ = context;
  }
  // A VCD of cycles [from, to) of the run, complete after close_wave(). Before the first step().
  void write_wave(const std::string& path, std::uint64_t from, std::uint64_t to) {
    wave_ = {path, from, to};
  }
  void close_wave() { instance_.close_wave(); }

  // One cycle; `now` must rise by one a call. kNever once the run has ended and its counters are
  // read.
  Cycle step(Cycle now);
  bool done() const { return phase_ == Phase::done; }
  bool running() const { return phase_ == Phase::running; }
  std::uint64_t run_cycles() const { return run_cycles_; }  // so far
  double progress() const;

  std::uint64_t counter(RtlCounter counter) const {
    return counters_[static_cast<std::size_t>(counter)];
  }
  const AxiMemory& memory() const { return *memory_; }
  // By layer, [batch, heads, seq_q, width_v].
  std::vector<std::vector<float>> outputs() const;

 private:
  enum class Phase : std::uint8_t { reset, program, running, read, done };
  // What the engine shows of itself, beside its buses.
  struct Watched {
    Port reset, busy, fire_2d_valid, fire_2d_step, fire_1d_valid, fire_1d_step, fire_transfer_valid,
        fire_transfer_target;
  };
  void lay_out(const workload::Trace* trace, std::uint64_t seed);
  void put(weft::engine::TensorId tensor, const workload::Trace* trace, int which,
           std::uint64_t seed);
  void make_program(const workload::Trace* trace);
  void start(Cycle now);
  void read_counters();
  void follow();
  weft::engine::TensorId tensor(const std::string& name) const;

  const weft::engine::Schedule& schedule_;
  const weft::engine::Sizing& sizing_;
  Instance instance_;
  RegisterBus registers_;
  Watched ports_;
  std::unique_ptr<AxiMemory> memory_;
  struct Wave {
    std::string path;
    std::uint64_t from = 0;
    std::uint64_t to = 0;
  };
  Wave wave_;
  Phase phase_ = Phase::reset;
  int reset_left_ = 2;  // cycles; the engine adds two of its own
  Cycle started_ = 0;   // the cycle in which start was accepted
  std::uint64_t run_cycles_ = 0;
  std::uint64_t fired_tiles_ = 0;
  Cycle last_response_ = 0;
  std::size_t status_ = 0;  // what registers_ reads at the end of a run: status, then counters
  std::array<std::uint64_t, kRtlCounters> counters_{};
  Fire fire_ = nullptr;
  void* context_ = nullptr;
};

}  // namespace weft::sim::rtl
