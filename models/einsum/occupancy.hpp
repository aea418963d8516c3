// What a cascade costs as a function of how many coordinates its dynamic ranks hold.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "models/einsum/analysis.hpp"

namespace weft::einsum {

struct Counts {
  WorkCounts operations{};
  std::int64_t least_traffic_elements = 0;
};

// Of the whole cascade; a dynamic rank's extent is its occupancy.
Counts counts(const Cascade& cascade, const Extents& extents);

// The dynamic ranks, in the file's order.
std::vector<RankId> dynamic_ranks(const Cascade& cascade);

// The counts at some occupancies, in the order of `dynamic_ranks`.
struct AtOccupancy {
  std::vector<std::int64_t> occupancies;
  Counts counts;
};
// `wanted[i]`: those of the i-th dynamic rank, 0 to its bound; all combinations, the first rank
// slowest. A rank that lists coordinates of another one holds no more than that one.
std::vector<AtOccupancy> counts_by_occupancy(const Cascade& cascade, const Extents& extents,
                                             const std::vector<std::vector<std::int64_t>>& wanted);

// c[0] + c[1]·n + c[2]·n² at every occupancy n from 0 to the bound.
using Quadratic = std::array<std::int64_t, 3>;
struct OfOccupancy {
  RankId rank = kNone;
  std::array<Quadratic, kWorkKinds> operations{};
  Quadratic least_traffic_elements{};
};
// Nothing where there is not one dynamic rank, or a count is no such function: compared at 64
// occupancies spread from 1 to the bound.
std::optional<OfOccupancy> counts_of_occupancy(const Cascade& cascade, const Extents& extents);

}  // namespace weft::einsum
