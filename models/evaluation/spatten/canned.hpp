// What a canned latency of top-k hides: the rounds that quick-select really takes on a trace's
// values, beside those on as many distinct values in random order.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "models/workload/trace.hpp"

namespace weft::evaluation::spatten {

inline constexpr std::int64_t kCannedComparators = 16;
inline constexpr double kCannedKept = 0.7;  // of the candidates

struct Selections {
  double count = 0;
  double candidates = 0;  // of a selection, in the mean
  double rounds = 0;
  double cycles = 0;  // Σ over rounds of ⌈n / comparators⌉ + 3
};
struct CannedRow {
  std::int64_t layer = 0;
  std::string what;  // "values" of a row, or "tokens" behind the layer
  Selections real;
  Selections random;
};

// By layer: probabilities of 12 bits of each query for local value pruning, and importances summed
// over all queries and heads for token pruning; nothing is pruned before. 30 % go.
std::vector<CannedRow> canned_rows(const workload::Trace& trace, const std::stop_token& stop = {});

}  // namespace weft::evaluation::spatten
