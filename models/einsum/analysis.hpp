// What follows from a cascade's dependencies alone: passes, operations, live footprint, least
// traffic. A pass over rank M is one full traversal of an M fibre (FuseMax, section III): an Einsum
// that needs a complete reduction over M and then M-shaped data again starts another pass.
// Computed, never declared.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/einsum/cascade.hpp"

namespace weft::einsum {

// Kinds of arithmetic that hardware is charged for.
enum class Work : std::uint8_t { macc, multiply, add, max, exp, divide };
inline constexpr std::size_t kWorkKinds = 6;
std::string_view work_name(Work work);
using WorkCounts = std::array<std::int64_t, kWorkKinds>;  // by Work

// Operations at one point of the Einsum's iteration space: a product under a sum is one macc; a
// subtraction is an add; the scale inside exp(scale·x) is folded into exp and costs nothing.
WorkCounts work_per_point(const Cascade& cascade, EinsumId einsum);
// The same over all valid points; masked-out points are not counted, but for those of a mask by
// value, which only a run tells. A selection compares each candidate once.
WorkCounts total_work(const Cascade& cascade, EinsumId einsum, const Extents& extents);
// Of every Einsum, by EinsumId.
std::vector<WorkCounts> total_work(const Cascade& cascade, const Extents& extents);

struct ForcedPass {
  RankId rank = kNone;      // the base rank or the partition
  int pass = 0;             // 2, 3, …
  EinsumId einsum = kNone;  // the first Einsum of that pass
  TensorId tensor = kNone;  // the complete reduction it waits for
};

struct PassAnalysis {
  // pass[e][r]: the pass over rank r in which Einsum e runs, from 1; 0 where e neither iterates
  // over r nor depends on anything that does. For an Einsum that does not iterate over r: the pass
  // after whose end it can run.
  std::vector<std::vector<int>> pass;
  std::vector<int> passes;  // by rank: for a base rank, over it before partitioning; for an inner
                            // partition, within it
  std::vector<ForcedPass> forced;
};
// What moves along a rank: indices into it as well (p of K[e,p+w]), or its own variables alone, as
// a machine that cuts the rank into tiles and holds whole what a window reaches.
enum class Along : std::uint8_t { indices, variables };
PassAnalysis analyse_passes(const Cascade& cascade, Along along = Along::indices);

struct Footprint {
  TensorId tensor = kNone;
  std::int64_t live_elements = 0;
};
// One nest of loops around the whole cascade, inputs read once and outputs written once: of all
// orders the one in which the most elements of each tensor that are live at once, added up over all
// tensors, are fewest. An element is live from its first write to its last read, an input from its
// first read, an output to its last write; a producer runs as late as its consumers allow. With
// more than seven loops the order is a local minimum.
struct LiveFootprint {
  std::vector<RankId> order;       // outermost first; a rank with partitions has theirs
  std::vector<Footprint> tensors;  // by TensorId, inputs and outputs among them
  std::int64_t total_elements = 0;
};
LiveFootprint live_footprint(const Cascade& cascade, const PassAnalysis& passes,
                             const Extents& extents);

// Inputs read once and outputs written once, in elements; of what is gathered, what can be read: as
// many coordinates as the list holds, `extents` telling the occupancy.
std::int64_t least_traffic_elements(const Cascade& cascade, const Extents& extents);

}  // namespace weft::einsum
