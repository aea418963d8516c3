// Which iterations of a loop are alike, so that a run may be told, or passed over, by whole periods
// of them: the rules of the simulator's steady-state advance and of the closed form's walk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/engine/schedule/sizing.hpp"

namespace weft::engine {

// Iterations [begin, result) of `level` are alike, at `at` in the loops outside it, for a step that
// runs over `loops`: all but a smaller last tile or block, and under a mask those in which no query
// tile is left out. `level` is one of `loops`.
std::int64_t regular_end(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                         const std::vector<int>& loops, int level, const Coordinates& at);

// Calls visit(coordinates) for the first and the last iteration of every loop of `loops` inside
// `level`: addresses grow along `level` by a step that is the same for all tiles of one class, so
// that it is enough to look at one of each. `trips(loop, coordinates)` is a loop's TripRange.
template <class Trips, class Visit>
void at_ends_inside(const std::vector<int>& loops, int level, Coordinates at, const Trips& trips,
                    const Visit& visit) {
  const auto look = [&](const auto& self, std::size_t i) -> void {
    while (i < loops.size() && loops[i] <= level) ++i;
    if (i == loops.size()) return visit(at);
    const int loop = loops[i];
    const TripRange range = trips(loop, at);
    for (const std::int64_t end : {range.begin, range.end - 1}) {
      at[static_cast<std::size_t>(loop)] = end;
      self(self, i + 1);
    }
  };
  look(look, 0);
}

}  // namespace weft::engine
