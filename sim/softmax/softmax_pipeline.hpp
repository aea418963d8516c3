// Softmax of rows that stream through: scores are dequantised and wait until their row's largest is
// known; exponentials of what is left of them behind its subtraction are added up and wait in turn;
// when a row's sum is there they are divided by it and requantised. The timing is that of
// rtl/softmax/weft_softmax_pipeline.sv. docs/units/softmax/pipeline.md.
#pragma once

#include <cstdint>
#include <deque>

#include "models/common/fields.hpp"
#include "sim/common/active_unit.hpp"
#include "sim/common/query_row.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim::softmax {

class SoftmaxPipeline : public ActiveUnit {
 public:
  struct Config {
    std::int64_t parallelism = 8;   // scores in a cycle, and in a word
    std::int64_t fifo_depth = 128;  // words of scores, and of exponentials
    std::int64_t rows = 16;         // that either holds at once
    std::int64_t dequantise_cycles = 5;
    std::int64_t maximum_cycles = 2;
    std::int64_t subtract_cycles = 4;
    std::int64_t exp_cycles = 21;
    std::int64_t accumulate_cycles = 11;
    std::int64_t divide_cycles = 14;
    std::int64_t quantise_cycles = 7;
    bool wire = false;  // beats go through in a cycle: to compare with RTL that has no softmax

    std::int64_t most_keys() const { return parallelism * fifo_depth; }
    std::int64_t to_largest() const { return dequantise_cycles + maximum_cycles; }
    std::int64_t to_sum() const { return subtract_cycles + exp_cycles + accumulate_cycles; }
    std::int64_t to_integers() const { return divide_cycles + quantise_cycles; }
  };
  SoftmaxPipeline(const Config& config, RowKernels* kernels) : config_(config), kernels_(kernels) {}

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  void list_ports(PortList& ports) override;
  Cycle step(Cycle now) override;
  void fingerprint(StateWords& out) const override;
  void advance(Cycle cycles) override;

 private:
  // A row whose words may be read from cycle `ready` on.
  struct Waiting {
    QueryRow* row = nullptr;
    Cycle ready = 0;
    std::int64_t keys = 0;
    std::int64_t words = 1;
    std::int64_t read = 0;  // words
  };
  struct Flight {
    Cycle ready = 0;
    RowBeat beat;
  };

  Cycle pass(Cycle now);
  bool take(Cycle now);
  bool exponentiate(Cycle now);
  bool divide(Cycle now);
  bool give(Cycle now);

  Config config_;
  RowKernels* kernels_;
  In<RowBeat> in_;
  Out<RowBeat> out_;
  Cycle in_free_at_ = 0;
  bool coming_ = false;         // a row has begun to come, and has not ended
  std::int64_t own_keys_ = 0;   // of the row that comes,
  std::int64_t own_words_ = 0;  // and the words that it has
  std::int64_t scores_ = 0;     // words, or on their way
  std::int64_t score_rows_ = 0;
  std::deque<Waiting> largest_known_;  // oldest first
  std::int64_t exponentials_ = 0;      // words, or on their way
  std::int64_t exponential_rows_ = 0;
  std::deque<Waiting> sum_known_;
  std::deque<Flight> flights_;  // divided
};

inline auto fields(config::Tag<SoftmaxPipeline::Config>) {
  using C = SoftmaxPipeline::Config;
  using config::optional;
  constexpr config::Range kCycles{1, 4096};
  return config::field_table(
      optional("parallelism", &C::parallelism, {1, 1024}, "scores in a cycle"),
      optional("fifo_depth", &C::fifo_depth, {1, 1 << 20},
               "scores that wait for their row's largest, and exponentials for their sum, by the "
               "parallelism"),
      optional("rows", &C::rows, {1, 1 << 20}, "of which scores wait, and exponentials"),
      optional("dequantise_cycles", &C::dequantise_cycles, kCycles, "latency"),
      optional("maximum_cycles", &C::maximum_cycles, kCycles, "latency"),
      optional("subtract_cycles", &C::subtract_cycles, kCycles, "latency"),
      optional("exp_cycles", &C::exp_cycles, kCycles, "latency"),
      optional("accumulate_cycles", &C::accumulate_cycles, kCycles, "latency"),
      optional("divide_cycles", &C::divide_cycles, kCycles, "latency"),
      optional("quantise_cycles", &C::quantise_cycles, kCycles, "latency"),
      optional("wire", &C::wire, "no softmax in time, to compare with hardware that has none"));
}

}  // namespace weft::sim::softmax
