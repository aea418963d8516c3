// Where a firing stands in the tiles of its group's pass rank: the first, the last, and the
// generation that a masked query tile reaches.
#pragma once

#include "models/engine/schedule/schedule.hpp"
#include "sim/engine/tile_range.hpp"

namespace weft::sim::engine {

// The tile of the pass rank at `at`, counted over all blocks; 0 where none is tiled.
std::int64_t tile_of_pass(const weft::engine::Lowering& lowering,
                          const weft::engine::Sizing& sizing, std::size_t group,
                          const weft::engine::Coordinates& at);
// Whether it is the last one that the step runs for.
bool last_tile(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing,
               std::size_t group, const std::vector<int>& loops,
               const weft::engine::Coordinates& at);
// Whether the Einsum sums over those tiles (others of its chain need not).
bool sums_over_tiles(const weft::engine::Lowering& lowering, std::size_t group,
                     einsum::EinsumId einsum);

// Whether the tensor ends with the query rank of the mask. One that does not is of all queries
// alike, with all of its generations.
bool ends_with_queries(const weft::engine::Lowering& lowering, einsum::TensorId tensor);
// Under a mask: the queries that a step covers which reads the last generation of `tensor`.
// ContractError where that tensor does not end with the query rank.
TileRange queries_of(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing,
                     std::size_t group, const std::vector<int>& loops, einsum::TensorId tensor);
// A masked query tile stops before the last tile of keys: the generation of `rank` that stands for
// the last one.
std::int64_t reached_generation(const weft::engine::Lowering& lowering,
                                const weft::engine::Sizing& sizing, std::size_t group,
                                einsum::RankId rank, Range queries);

}  // namespace weft::sim::engine
