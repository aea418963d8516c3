// FuseMax's array as a unit of an assembly: queries, so many side by side as it has columns, go
// over the keys in one pass, tile by tile. docs/units/matmul/one_pass_array.md.
#pragma once

#include <cstdint>

#include "models/common/fields.hpp"
#include "sim/common/beat_pipeline.hpp"

namespace weft::sim::matmul {

class OnePassArray : public BeatPipeline {
 public:
  struct Config {
    std::int64_t side = 16;
    std::int64_t exp_cycles = 6;  // of an element: its MACCs
    std::int64_t latency_cycles = 40;
  };
  OnePassArray(const Config& config, RowKernels* kernels)
      : BeatPipeline(config.latency_cycles), config_(config), kernels_(kernels) {}

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::values; }
  void list_ports(PortList& ports) override;

 protected:
  Cycle take(const RowBeat& beat) override;
  bool give(Cycle now, const RowBeat& beat) override;

 private:
  Config config_;
  RowKernels* kernels_;
  Out<RowBeat> out_;
  std::int64_t tile_keys_ = 0;  // of the tile that fills
  std::int64_t owed_ = 0;       // parts of a cycle, 1 / side each
};

inline auto fields(config::Tag<OnePassArray::Config>) {
  using C = OnePassArray::Config;
  using config::optional;
  return config::field_table(
      optional("side", &C::side, {2, 1024}, "rows and columns"),
      optional("exp_cycles", &C::exp_cycles, {1, 64}, "that an element takes for an exponential"),
      optional("latency_cycles", &C::latency_cycles, {1, 4096}, "last operands to output"));
}

}  // namespace weft::sim::matmul
