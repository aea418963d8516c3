// The published evaluation of an encoder layer's six matrix products, 64 sequences at once.
#pragma once

#include <array>
#include <cstdint>

#include "models/evaluation/fusemax/attention_rules.hpp"

namespace weft::evaluation {

struct LinearProduct {
  const char* name = "";  // "Q", "K", "V", "Z", "FFN1" or "FFN2"
  double latency_s = 0;
  double traffic_bytes = 0;
  double energy_pj = 0;
};

struct LinearResult {
  std::array<LinearProduct, 6> products;
  // Sums over the products.
  double latency_s = 0;
  double traffic_bytes = 0;
  double energy_pj = 0;
};

// unfused and flat have 32 MiB of buffer, all others 16 MiB; published are flat and binding.
// ConfigError where the length is no positive multiple of 256, or not a single block of rows fits
// into the buffer.
LinearResult evaluate_linear(Config config, const Model& model, std::int64_t length,
                             const RuleCosts& costs, const Mends& mends = {});

}  // namespace weft::evaluation
