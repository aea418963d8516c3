// Softmax of rows that stream through: scores are dequantised and exponentiated and their sum
// accumulated, while the exponentials wait in a FIFO; when a row's sum is there they are divided by
// it and requantised. Two rows are in it at once, one in each half. docs/units/softmax/pipeline.md.
#pragma once

#include <cstdint>
#include <deque>

#include "models/common/fields.hpp"
#include "sim/common/activity.hpp"
#include "sim/common/query_row.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim::softmax {

class SoftmaxPipeline : public Unit {
 public:
  struct Config {
    std::int64_t parallelism = 8;   // scores in a cycle
    std::int64_t fifo_depth = 128;  // of exponentials, so many times the parallelism
    std::int64_t dequantise_cycles = 7;
    std::int64_t exp_cycles = 21;
    std::int64_t accumulate_cycles = 23;
    std::int64_t divide_cycles = 29;
    std::int64_t quantise_cycles = 7;
    bool wire = false;  // beats go through in a cycle: to compare with RTL that has no softmax

    std::int64_t most_keys() const { return parallelism * fifo_depth; }
  };
  SoftmaxPipeline(const Config& config, RowKernels* kernels) : config_(config), kernels_(kernels) {}

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::values; }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;
  UnitCounts* counts() override { return &activity_.counts(); }
  void settle(Cycle now) override { activity_.settle(now); }

 private:
  // A row whose sum will be there.
  struct Summed {
    QueryRow* row = nullptr;
    Cycle ready = 0;
    std::int64_t divided = 0;  // of its exponentials
    std::int64_t keys = 0;
  };
  struct Flight {
    Cycle ready = 0;
    RowBeat beat;
  };

  Cycle pass(Cycle now);
  void exponentiate(Cycle now);
  void divide(Cycle now);
  bool give(Cycle now);
  Cycle first_after() const { return config_.dequantise_cycles + config_.exp_cycles; }

  Config config_;
  RowKernels* kernels_;
  In<RowBeat> in_;
  Out<RowBeat> out_;
  std::int64_t held_ = 0;  // exponentials in the FIFO, or on their way to it
  Cycle in_free_at_ = 0;
  Cycle divide_free_at_ = 0;
  std::deque<Summed> summed_;   // oldest first
  std::deque<Flight> flights_;  // divided
  Activity activity_;
};

inline auto fields(config::Tag<SoftmaxPipeline::Config>) {
  using C = SoftmaxPipeline::Config;
  using config::optional;
  constexpr config::Range kCycles{1, 4096};
  return config::field_table(
      optional("parallelism", &C::parallelism, {1, 1024}, "scores in a cycle"),
      optional("fifo_depth", &C::fifo_depth, {1, 1 << 20},
               "exponentials that wait for their sum, by the parallelism"),
      optional("dequantise_cycles", &C::dequantise_cycles, kCycles, "latency"),
      optional("exp_cycles", &C::exp_cycles, kCycles, "latency"),
      optional("accumulate_cycles", &C::accumulate_cycles, kCycles, "latency"),
      optional("divide_cycles", &C::divide_cycles, kCycles, "latency"),
      optional("quantise_cycles", &C::quantise_cycles, kCycles, "latency"),
      optional("wire", &C::wire, "no softmax in time, to compare with hardware that has none"));
}

}  // namespace weft::sim::softmax
