// Multipliers with adder trees over the width of a head: so many keys' scores, or values' products
// with their probabilities, a cycle. docs/units/matmul/dot_array.md.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "models/common/fields.hpp"
#include "sim/common/beat_pipeline.hpp"

namespace weft::sim::matmul {

// scores: gives each beat on. outputs: gives a row on when its last beat is through.
enum class DotOf : std::uint8_t { scores, outputs };
constexpr auto names(config::Tag<DotOf>) {
  return std::array<std::pair<std::string_view, DotOf>, 2>{
      {{"scores", DotOf::scores}, {"outputs", DotOf::outputs}}};
}

class DotArray : public BeatPipeline {
 public:
  struct Config {
    DotOf of = DotOf::scores;
    std::int64_t multipliers = 512;
    std::int64_t latency_cycles = 11;
    LatencyFrom latency_from = LatencyFrom::first_part;
  };
  DotArray(const Config& config, RowKernels* kernels);

  const UnitClass& unit_class() const override;
  void list_ports(PortList& ports) override;

 protected:
  Cycle take(const RowBeat& beat) override;
  bool give(Cycle now, const RowBeat& beat) override;

 private:
  Config config_;
  RowKernels* kernels_;  // none: time alone
  Out<RowBeat> out_;
};

inline auto fields(config::Tag<DotArray::Config>) {
  using C = DotArray::Config;
  return config::field_table(
      config::required("of", &C::of, "scores or outputs"),
      config::optional("multipliers", &C::multipliers, {1, 1 << 16}, "that work in a cycle"),
      config::optional("latency_cycles", &C::latency_cycles, {1, 4096}, "operands to result"),
      config::optional("latency_from", &C::latency_from,
                       "first_part, or last_part of a beat that takes several cycles"));
}

}  // namespace weft::sim::matmul
