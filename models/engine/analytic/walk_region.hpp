// Where in memory the region lies that a load or store moves, and its bytes: what Layout tells,
// made ready for one step, so that nothing is searched for at a firing.
#pragma once

#include <algorithm>
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
  // Calls each(unit, bytes) for every size that a region may have; all begin so many whole units
  // behind a multiple of the burst, of which the unit is a part. False where that is not known.
  template <class Each>
  bool sizes(const Each& each) const {
    if (parts_) return false;
    for (unsigned last = 0; last < 1u << count_; ++last) {
      std::int64_t bytes = row_bytes_;
      for (int i = 0; i < count_; ++i) {
        const Cut& cut = cuts_[static_cast<std::size_t>(i)];
        bytes *= (last >> i & 1u) != 0 ? cut.last() : cut.whole();
      }
      each(unit_, bytes);
    }
    return true;
  }
  std::int64_t into_burst(const Coordinates& where) const { return at(where).address % burst_; }

 private:
  struct Cut {
    int block_loop = kNone;
    int tile_loop = kNone;
    std::int64_t block = 1;  // tiles
    std::int64_t tiles = 1;  // of one region
    std::int64_t tile = 1;
    std::int64_t extent = 1;
    // Coordinates of a region, and of the last.
    std::int64_t whole() const { return std::min(extent, tiles * tile); }
    std::int64_t last() const { return extent - (extent - 1) / whole() * whole(); }
  };

  const Layout* layout_;
  const ScheduledStep* step_;
  std::size_t group_;
  std::array<Cut, kMostTiled> cuts_{};
  int count_ = 0;
  bool parts_ = false;  // of bytes: left to Layout
  bool aligned_ = false;
  std::int64_t unit_ = 1;
  std::int64_t begin_ = 0;
  std::int64_t slice_bytes_ = 0;
  std::int64_t heads_ = 1;  // that share a slice
  std::int64_t row_bytes_ = 0;
  std::int64_t burst_ = 1;
};

}  // namespace weft::engine
