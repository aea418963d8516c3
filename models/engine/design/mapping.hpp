// The mapper: a binding may leave open how it runs (tile sizes, loop orders, stationary tensors,
// places), and for each point the best of all combinations is found. Exhaustive, pruned by what
// memory alone takes, deterministic.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/engine/analytic/sized_points.hpp"
#include "models/engine/design/design.hpp"
#include "models/engine/schedule/sizing.hpp"

namespace weft::engine {

// Every binding that `binding` stands for: each combination of a tile's `times`, a group's `orders`
// and a step's `ways`, the first of each first.
std::vector<Binding> alternatives_of(const Binding& binding);
// How many those are, and the most that a binding may stand for: each is lowered once and tried at
// every point.
std::int64_t alternatives_count(const Binding& binding);
inline constexpr std::int64_t kMostAlternatives = 1024;

// What was chosen for a point. Within 0.5 % of the least analytic latency the mapping of least DRAM
// traffic is taken, then the quickest, then the first.
struct Mapping {
  const Lowering* lowering = nullptr;  // of the design
  Sizing sizing;           // where infeasible, of the mapping that lacks least, with the reason
  std::int64_t tried = 1;  // combinations of times, orders and ways; places are chosen within each
  std::shared_ptr<const HeadWork> work{};  // where it has been counted
};

// Sizes a point, and maps it where its binding leaves something open. `known`: points before it,
// for the closed form; the result is the same.
Mapping map_point(const Design& design, const workload::Workload& workload,
                  const workload::Shape& shape, std::int64_t layers, SizedPoints* known = nullptr);

// "attention over b,h,p1,m1: m 256, p 1024; QK keeps QK; K in buffer for h, ...": a mapping in
// words.
std::string mapping_words(const Lowering& lowering, const Sizing& sizing);

}  // namespace weft::engine
