// Cycles of SpAtten's top-k engine (HPCA 2021, section IV-B). A round of quick-select picks its
// pivot, streams its candidates through the comparators, so many a cycle, and is over when the last
// of them have been compared and compacted into FIFO_L and FIFO_R: kRoundCycles beyond the stream.
// The filter pass streams the buffered input once more, compares, and compacts.
#pragma once

#include <cstdint>
#include <span>

#include "models/common/count.hpp"
#include "models/select/quick_select.hpp"
#include "models/select/zero_eliminator.hpp"
#include "sim/common/time.hpp"

namespace weft::sim::select {

inline constexpr Cycle kRoundCycles = 3;  // pivot, comparison, compaction

constexpr Cycle round_cycles(std::int64_t candidates, std::int64_t comparators) {
  return ceil_div(candidates, comparators) + kRoundCycles;
}

template <class T>
Cycle rounds_cycles(const weft::select::Selection<T>& selection, std::int64_t comparators) {
  Cycle total = 0;
  for (const weft::select::Round<T>& round : selection.rounds)
    total += round_cycles(round.elements, comparators);
  return total;
}

// From the first of the input to the last of what is kept: comparison, prefix sum of the zeros, and
// a cycle for each layer of shifters.
inline Cycle filter_latency(std::int64_t comparators) {
  return 2 + weft::select::shift_layers(comparators);
}
inline Cycle filter_cycles(std::int64_t items, std::int64_t comparators) {
  return ceil_div(items, comparators) + filter_latency(comparators);
}

}  // namespace weft::sim::select
