// What has arrived where, as the schedule moves and computes it: for each head and tensor which of
// its cells (what lies between two cuts of any group's tiles) stand in DRAM and on chip. A firing
// whose operands are not there yet gives nothing of worth, nor does what reads that; no value is
// needed to see it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "models/engine/schedule/schedule.hpp"
#include "sim/engine/tile_range.hpp"
#include "sim/matmul/array.hpp"
#include "sim/memory/messages.hpp"

namespace weft::sim::engine {

class Arrivals {
 public:
  explicit Arrivals(const weft::engine::Schedule& schedule);

  void computed(const matmul::Command& command);
  void moved(const memory::Transfer& transfer);

  // Calls f(ranges) for every cell of the head's tensor that does not stand in DRAM: coordinates by
  // dimension.
  template <class F>
  void missing(std::int64_t head, einsum::TensorId tensor, F f) const {
    walk(tensor, whole(tensor), [&](std::size_t cell, const Point& at) {
      if (!in_dram(head, tensor, cell)) f(coordinates_of(tensor, at));
    });
  }

 private:
  static constexpr std::size_t kMostDimensions = 8;
  using Bits = std::vector<bool>;
  using Point = std::array<std::int64_t, kMostDimensions>;  // a cell of each dimension
  using Region = std::array<Range, kMostDimensions>;        // cells of each dimension
  struct Head {
    std::vector<Bits> dram;  // by tensor; empty for an input, which stands there
    std::vector<Bits> chip;
    std::vector<Bits> partial;  // of a tensor summed over tiles: sound so far
    bool on_chip = false;
  };
  struct Grid {
    std::vector<std::vector<std::int32_t>> cell_of;  // by dimension and coordinate
    std::vector<std::int64_t> cells;                 // by dimension
    std::vector<std::vector<std::int64_t>>
        cuts;  // by dimension and cell, its first coordinate; and the end
    std::size_t count = 1;
  };
  // Coordinates of one dimension: Σ coefficient · (coordinate of a range) + constant.
  struct Axis {
    struct Term {
      std::int64_t coefficient = 1;
      TileRange range;
    };
    std::vector<Term> terms;
    std::int64_t constant = 0;
    bool stops_early = false;  // the last generation that a masked query tile reached
    TileRange queries;         // of the last generation under a mask: those that the firing is for
  };
  struct Use {
    einsum::TensorId tensor = einsum::kNone;
    std::size_t group = 0;
    std::vector<Axis> axes;
  };
  struct Work {
    Use write;
    std::vector<Use> reads;
    bool sums = false;  // over tiles of the pass rank
  };
  struct Step {
    std::vector<Work> works;  // of a compute step, by Einsum
    Use moved;                // of a transfer
  };

  Grid grid_of(einsum::TensorId tensor) const;
  einsum::RankId cut_by(einsum::TensorId tensor, einsum::RankId rank) const;
  void mark_cuts(einsum::RankId rank, std::vector<std::int64_t>& cuts) const;
  Step resolve(std::size_t group, const weft::engine::ScheduledStep& step) const;
  Work resolve(std::size_t group, const weft::engine::ScheduledStep& step,
               einsum::EinsumId einsum) const;
  Use use_of(std::size_t group, const weft::engine::ScheduledStep& step,
             const einsum::Access& access) const;

  Head& head(std::int64_t index);
  bool hidden(einsum::TensorId tensor, const Point& cell) const;
  Region region(const Use& use, const weft::engine::Coordinates& at) const;
  Region whole(einsum::TensorId tensor) const;
  bool within(einsum::TensorId tensor, const Region& cells, const Point& at) const;
  bool in_dram(std::int64_t head, einsum::TensorId tensor, std::size_t cell) const;
  std::vector<Range> coordinates_of(einsum::TensorId tensor, const Point& cell) const;

  // f(index of the cell, its place) over a region.
  template <class F>
  void walk(einsum::TensorId tensor, const Region& cells, F f) const {
    const Grid& grid = grids_[static_cast<std::size_t>(tensor)];
    const std::size_t dimensions = grid.cells.size();
    Point at{};
    for (std::size_t d = 0; d < dimensions; ++d) {
      if (cells[d].begin >= cells[d].end) return;
      at[d] = cells[d].begin;
    }
    while (true) {
      std::int64_t index = 0;
      for (std::size_t d = 0; d < dimensions; ++d) index = index * grid.cells[d] + at[d];
      f(static_cast<std::size_t>(index), at);
      std::size_t d = dimensions;
      while (d > 0 && ++at[d - 1] >= cells[d - 1].end) {
        at[d - 1] = cells[d - 1].begin;
        --d;
      }
      if (d == 0) return;
    }
  }

  const weft::engine::Schedule& schedule_;
  const weft::engine::Lowering& lowering_;
  const weft::engine::Sizing& sizing_;
  std::vector<Grid> grids_;               // by tensor
  std::vector<std::vector<Step>> steps_;  // by group and step
  std::map<std::int64_t, Head> heads_;
  std::int64_t latest_ = -1;  // the head that was asked for last
  Head* latest_head_ = nullptr;
};

}  // namespace weft::sim::engine
