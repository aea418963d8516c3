// A sentence encoder's attention on a simulated engine: each layer's operands go through a design,
// value by value.
#pragma once

#include <cstdint>
#include <vector>

#include "models/engine/design/design.hpp"
#include "models/workload/encoder.hpp"

namespace weft::sim::engine {

// All tokens in every layer; what a design prunes within a layer is its own.
class SimulatedAttention final : public workload::EncoderAttention {
 public:
  explicit SimulatedAttention(weft::engine::Design design) : design_(std::move(design)) {}

  std::vector<std::int64_t> tokens(std::int64_t layer, std::int64_t count) override;
  // ConfigError where the design cannot run the layer, with its reason.
  std::vector<float> attend(const workload::AttentionOperands& operands) override;

  std::uint64_t cycles() const { return cycles_; }  // of all layers so far

 private:
  weft::engine::Design design_;
  std::uint64_t cycles_ = 0;
};

}  // namespace weft::sim::engine
