// A design at one shape: tile counts, what stays on chip, and the cost of a tile on each unit.
// Plain numbers, made in microseconds; the analytic fidelity, the schedule and the simulator all
// start from here.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/common/count.hpp"
#include "models/engine/binding/lowering.hpp"
#include "models/workload/workload.hpp"

namespace weft::engine {

// A tiled rank at one shape: `tiles` tiles of `tile` coordinates, the last of `edge`; `blocks`
// blocks of `block` tiles, the last of `last_block`.
struct RankSize {
  RankId base = kNone;
  std::int64_t extent = 1;
  std::int64_t tile = 1;
  std::int64_t tiles = 1;
  std::int64_t edge = 1;
  std::int64_t block = 1;
  std::int64_t blocks = 1;
  std::int64_t last_block = 1;
};

struct GroupSize {
  std::array<RankSize, kMostTiled> ranks;  // parallel to LoweredGroup::tiled
  std::int64_t buffer_bytes = 0;           // what the group holds at once
};

struct Sizing {
  workload::Shape shape;
  // Query heads of a group whose queries are rows of one attention, side by side: row r is query
  // r / together of head r % together of them.
  std::int64_t together = 1;
  std::int64_t repeats = 1;  // batch × heads × layers / together: trips of loop bh
  einsum::Extents extents;   // by rank id; the queries' is that of rows
  bool masked = false;
  std::int64_t mask_offset = 0;  // key · together <= row + mask_offset
  std::vector<GroupSize> groups;
  std::vector<int> choice;  // by tensor: index into LoweredTensor::choices
  // By tensor: coordinates that a window looks back at before the tile it is in; empty where no
  // input comes along another rank.
  std::vector<std::int64_t> reach;
  Total moved_bytes;            // between DRAM and buffer in one trip of loop bh, counting what a
                                // mask leaves out
  std::int64_t held_bytes = 0;  // where not feasible: the least that a group of it holds
  bool feasible = true;
  std::string reason;  // where not feasible: which group, bytes needed and there
};

// The quantities of a point that a binding's ranks are as long as, by Quantity.
std::array<std::int64_t, kQuantities> quantities_of(const workload::Workload& workload,
                                                    const workload::Shape& shape);

// Trips of loop bh.
std::int64_t repeats_of(const workload::Shape& shape, std::int64_t together, std::int64_t layers);

// With as many heads of a group together as fit, all of them if they do.
Sizing size_design(const Lowering& lowering, const workload::Shape& shape,
                   const std::array<std::int64_t, kQuantities>& quantities, std::int64_t layers);

// Extents, and with shape and mask all that a head has without groups, as one query head has them,
// whoever it runs with.
einsum::Extents extents_of_head(const Lowering& lowering, const Sizing& sizing);
Sizing one_head(const Lowering& lowering, const Sizing& sizing);

// The last key that `row` sees, -1 or less where it sees none; and the first row that sees `key`,
// where it is one.
inline std::int64_t last_key(const Sizing& sizing, std::int64_t row) {
  const std::int64_t ahead = row + sizing.mask_offset;
  return ahead < 0 ? -1 : sizing.together == 1 ? ahead : ahead / sizing.together;
}
inline std::int64_t first_row(const Sizing& sizing, std::int64_t key) {
  return key * sizing.together - sizing.mask_offset;
}

// Sizes a point. Where its tiles do not fit the buffer, be it only one of them, the sizing is
// infeasible and says why.
Sizing size_point(const Lowering& lowering, const workload::Workload& workload,
                  const workload::Shape& shape, std::int64_t layers);

const Residency& residency(const Lowering& lowering, const Sizing& sizing, TensorId tensor);
std::int64_t copies_of(const Lowering& lowering, const Residency& place);

// Bytes of buffer that all copies of a tensor take, as a step of `group` uses it; none where it is
// not in the buffer.
std::int64_t held_by(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                     const TensorUse& use);

// Whether a stage of `group` that reads the tensor has it from memory: what is made outside the
// group, or spilled by another of its stages.
bool needs_load(const Lowering& lowering, const Sizing& sizing, std::size_t group, TensorId tensor,
                int stage);

// Trips of a loop if it ran in full (blocks, or tiles of a whole block, or all tiles).
std::int64_t loop_trips(const LoweredGroup& group, const GroupSize& size, const Sizing& sizing,
                        int loop);

// Elements of `tensor` touched in one iteration of `loop`; `edges` has bit i set where tiled rank i
// is at its last, smaller tile. What 64 bits do not hold is the largest number: no buffer holds it
// either.
std::int64_t region_elements(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                             TensorId tensor, int loop, unsigned edges);

// The half-open range of `loop` under the coordinates of the loops before it (those of
// `coordinates` at larger indices are not read). Masked-out tiles are left out.
struct TripRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};
TripRange trip_range(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                     const std::vector<int>& step_loops, int loop, const Coordinates& coordinates);

// Elements of `tensor` in the region that one iteration of the innermost of `loops` touches, at
// `coordinates`.
std::int64_t region_at(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                       TensorId tensor, const std::vector<int>& loops,
                       const Coordinates& coordinates);

// The tile of tiled rank `rank` (an index into the group's) at `coordinates`, counted over all
// blocks.
std::int64_t tile_index(const LoweredGroup& group, const GroupSize& size, std::size_t rank,
                        const Coordinates& coordinates);

// Which edges the tile at `coordinates` lies on.
unsigned edges_at(const LoweredGroup& group, const GroupSize& size, const Coordinates& coordinates);

}  // namespace weft::engine
