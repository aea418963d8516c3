// How long a sized design runs, without a simulation: walked from event to event until it repeats
// (walk.hpp), or, where one array is busy throughout, from its work. Its rules and how near it
// comes are in docs/units/analytic.md.
#pragma once

#include <cstdint>

#include "models/engine/analytic/analytic.hpp"
#include "models/engine/result/result.hpp"

namespace weft::engine {

class WalkMemo;

inline constexpr std::int64_t kLongestWalk = 200000;  // firings

struct ClosedForm {
  double cycles = 0;
  std::optional<Bound>
      bound;  // none where every firing was walked: then the cycles are the simulator's
  std::int64_t firings = 0;  // of all walks
};

// `known`: walks of earlier points, where a sweep keeps them. `firings`: of the longest walk that a
// group may take.
ClosedForm closed_form(const Lowering& lowering, const Sizing& sizing, const Analysis& analysis,
                       WalkMemo* known = nullptr, std::int64_t firings = kLongestWalk);

}  // namespace weft::engine
