// Where in memory the region lies that a load or store moves, and its bytes: what Layout tells,
// made ready for one step, so that nothing is searched for at a firing.
#pragma once

#include <array>
#include <cstdint>

#include "models/engine/schedule/layout.hpp"

namespace weft::engine {

class WalkRegion {
 public:
  WalkRegion(const Schedule& schedule, const Layout& layout, std::size_t group,
             const ScheduledStep& step);

  struct Run {
    std::int64_t address = 0;
    std::int64_t bytes = 0;
  };
  Run at(const Coordinates& at) const;
  // Whether every region begins at a multiple of the burst.
  bool aligned() const { return aligned_; }
  // Iterations of a loop after which regions begin at the same place of a burst.
  std::int64_t alike(const Coordinates& where, int loop) const;
  std::int64_t into_burst(const Coordinates& where) const { return at(where).address % burst_; }

 private:
  struct Cut {
    int block_loop = kNone;
    int tile_loop = kNone;
    std::int64_t block = 1;  // tiles
    std::int64_t tiles = 1;  // of one region
    std::int64_t tile = 1;
    std::int64_t extent = 1;
  };

  const Layout* layout_;
  const ScheduledStep* step_;
  std::size_t group_;
  std::array<Cut, kMostTiled> cuts_{};
  int count_ = 0;
  bool parts_ = false;  // of bytes: left to Layout
  bool aligned_ = false;
  std::int64_t begin_ = 0;
  std::int64_t slice_bytes_ = 0;
  std::int64_t heads_ = 1;  // that share a slice
  std::int64_t row_bytes_ = 0;
  std::int64_t burst_ = 1;
};

}  // namespace weft::engine
