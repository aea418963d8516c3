// Tiling and cycles of the one-pass cascade by the published rules. Internal to models/evaluation.
#pragma once

#include <cstdint>

#include "models/evaluation/fusemax/rule_parts.hpp"

namespace weft::evaluation {

// P = side·p1·p2: p1 tiles of queries are on chip at once, and K and V stream p2 times.
struct QueryTiling {
  std::int64_t p1 = 1;
  std::int64_t p2 = 1;
};

// p1 is the largest that fits beside one BK and one BV tile, held once each; each query takes
// `words_per_query` words.
QueryTiling tile_queries(const Sizes& sizes, std::int64_t buffer_bytes,
                         std::int64_t words_per_query);

// Words of Q, K, V and AV to and from memory.
double one_pass_words(const Sizes& sizes, const QueryTiling& tiling);

// Cycles of each Einsum for a tile of side² scores, on its array.
struct OnePassCycles {
  double qk = 0, lm = 0, sln = 0, sld = 0, slnv = 0;  // 2D, in cascade only QK and SLNV
  double rm = 0, prm = 0, spd = 0, rd = 0, spnv = 0, rnv = 0, av = 0;
};
OnePassCycles one_pass_cycles(Config config, const Sizes& sizes);

double cycles_2d(Config config, const OnePassCycles& tile);
double cycles_1d(Config config, const OnePassCycles& tile);
// Cycles from one tile to the next.
double period_cycles(Config config, const OnePassCycles& tile, const Sizes& sizes,
                     const Mends& mends);

}  // namespace weft::evaluation
