// A design at one shape: tile counts, what stays on chip, and the cost of a tile on each unit.
// Plain numbers, made in microseconds; the analytic fidelity, the schedule and the simulator all
// start from here.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/common/count.hpp"
#include "models/engine/lowering.hpp"
#include "models/workload/workload.hpp"

namespace weft::engine {

inline constexpr int kMostTiled = 6;

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
  std::int64_t repeats = 1;  // batch × heads × layers: trips of loop bh
  einsum::Extents extents;   // by rank id
  bool masked = false;
  std::int64_t mask_offset = 0;  // key <= query + mask_offset
  std::vector<GroupSize> groups;
  std::vector<int> choice;      // by tensor: index into LoweredTensor::choices
  Total moved_bytes;            // between DRAM and buffer, counting what a mask leaves out
  std::int64_t held_bytes = 0;  // where not feasible: the least that a group of it holds
  bool feasible = true;
  std::string reason;  // where not feasible: which group, bytes needed and there
};

Sizing size_design(const Lowering& lowering, const workload::Shape& shape,
                   const std::array<std::int64_t, 6>& quantities, std::int64_t layers);

const Residency& residency(const Lowering& lowering, const Sizing& sizing, TensorId tensor);
// Index of the loop for one of whose iterations the tensor is held in `group`; `loops` are those
// its step runs over.
int hold_loop(const LoweredGroup& group, const Residency& place, const std::vector<int>& loops);
std::int64_t copies_of(const Lowering& lowering, const Residency& place);

// Trips of a loop if it ran in full (blocks, or tiles of a whole block, or all tiles).
std::int64_t loop_trips(const LoweredGroup& group, const GroupSize& size, const Sizing& sizing,
                        int loop);

// Elements of `tensor` touched in one iteration of `loop`; `edges` has bit i set where tiled rank i
// is at its last, smaller tile. What 64 bits do not hold is the largest number: no buffer holds it
// either.
std::int64_t region_elements(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                             TensorId tensor, int loop, unsigned edges);

// One step over one tile. TooLarge where 64 bits do not hold a count of it.
struct StepCost {
  std::int64_t issue_cycles = 0;  // the unit's slots it takes, without the two below
  std::int64_t folds = 1;         // times the laid-out ranks go round the array
  std::int64_t sum_folds =
      1;  // of those, along reduced rows: each adds to the sums of the one before
  std::int64_t preload_cycles = 0;  // to load the stationary operand, when it changes
  std::int64_t drain_cycles = 0;    // to read finished outputs out of the elements
  std::int64_t extra_latency_cycles =
      0;                       // from the last slot to the result's register, beyond one cycle
  std::int64_t rows_read = 0;  // buffer rows
  std::int64_t rows_written = 0;
  int read_streams = 0;  // operands read from the buffer
  int write_streams = 0;
  std::int64_t preload_rows = 0;  // buffer rows of the stationary operand
  // Bytes of each tensor between the array and the buffer; those of the stationary operand count
  // when it is loaded.
  struct Moved {
    TensorId tensor = kNone;
    std::int64_t read_bytes = 0;
    std::int64_t written_bytes = 0;
    bool at_preload = false;
    bool at_drain = false;
  };
  std::array<Moved, 8> moved{};
  int moved_count = 0;
  einsum::WorkCounts work{};  // operations by kind
  // Whether its outputs leave the elements at the end of the tiles of a reduced rank only.
  bool moves_at_drain() const {
    for (int i = 0; i < moved_count; ++i) {
      if (moved[static_cast<std::size_t>(i)].at_drain) return true;
    }
    return false;
  }
};
StepCost step_cost(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                   const LoweredStep& step, unsigned edges);

// The half-open range of `loop` under the coordinates of the loops before it (those of
// `coordinates` at larger indices are not read). Masked-out tiles are left out.
struct TripRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};
TripRange trip_range(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                     const std::vector<int>& step_loops, int loop,
                     const std::array<std::int64_t, 8>& coordinates);

// Elements of `tensor` in the region that one iteration of the innermost of `loops` touches, at
// `coordinates`.
std::int64_t region_at(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                       TensorId tensor, const std::vector<int>& loops,
                       const std::array<std::int64_t, 8>& coordinates);

// Bytes that a row of a tensor in memory takes: whole beats, where its data bus has them.
inline std::int64_t padded_row(const Dram& dram, std::int64_t bytes) {
  return dram.bus_bytes ? (bytes + *dram.bus_bytes - 1) / *dram.bus_bytes * *dram.bus_bytes : bytes;
}

// The tile of tiled rank `rank` (an index into the group's) at `coordinates`, counted over all
// blocks.
std::int64_t tile_index(const LoweredGroup& group, const GroupSize& size, std::size_t rank,
                        const std::array<std::int64_t, 8>& coordinates);

// Which edges the tile at `coordinates` lies on.
unsigned edges_at(const LoweredGroup& group, const GroupSize& size,
                  const std::array<std::int64_t, 8>& coordinates);

}  // namespace weft::engine
