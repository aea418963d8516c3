#include "sim/engine/arrivals.hpp"

#include <algorithm>

#include "models/einsum/domain.hpp"
#include "sim/engine/generations.hpp"

namespace weft::sim::engine {

using einsum::kNone;
using einsum::RankId;
using einsum::TensorId;
using weft::engine::Coordinates;
using weft::engine::ScheduledStep;
using weft::engine::StepKind;

Arrivals::Arrivals(const weft::engine::Schedule& schedule)
    : schedule_(schedule), lowering_(*schedule.lowering), sizing_(*schedule.sizing) {
  for (std::size_t t = 0; t < lowering_.cascade->tensors.size(); ++t)
    grids_.push_back(grid_of(static_cast<TensorId>(t)));
  for (const auto& group : schedule.groups) {
    std::vector<Step>& steps = steps_.emplace_back();
    for (const ScheduledStep& step : group.steps) steps.push_back(resolve(group.group, step));
  }
}

// The rank itself, but of an input that comes along another.
RankId Arrivals::cut_by(TensorId t, RankId r) const {
  const RankId base = lowering_.cascade->base_of(r);
  const RankId by = lowering_.cut_by(t, base);
  return by == base ? r : by;
}

// Marks where any group cuts a dimension over `rank`. Parts that count tiles are cut everywhere,
// those inside nowhere.
void Arrivals::mark_cuts(RankId r, std::vector<std::int64_t>& cuts) const {
  const einsum::Rank& rank = lowering_.cascade->ranks[r];
  const std::int64_t extent = sizing_.extents[r];
  cuts = {0, extent};
  if (rank.kind == einsum::RankKind::partition && rank.level == 0) return;
  for (std::size_t g = 0; g < lowering_.groups.size(); ++g) {
    for (std::size_t i = 0; i < lowering_.groups[g].tiled.size(); ++i) {
      if (lowering_.groups[g].tiled[i].base != lowering_.cascade->base_of(r)) continue;
      const std::int64_t tile =
          rank.kind == einsum::RankKind::partition ? 1 : sizing_.groups[g].ranks[i].tile;
      for (std::int64_t c = tile; c < extent; c += tile) cuts.push_back(c);
    }
  }
}

Arrivals::Grid Arrivals::grid_of(TensorId t) const {
  const auto& dimensions = lowering_.cascade->tensors[t].dimensions;
  check(dimensions.size() <= kMostDimensions, "a tensor of at most eight dimensions");
  Grid grid;
  for (const einsum::Dimension& d : dimensions) {
    std::vector<std::int64_t> cuts;
    std::int64_t extent = sizing_.extents[d.rank];
    if (d.generational) {
      ++extent;
      for (std::int64_t c = 0; c <= extent; ++c) cuts.push_back(c);
    } else {
      mark_cuts(cut_by(t, d.rank), cuts);
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    std::vector<std::int32_t>& cell_of = grid.cell_of.emplace_back();
    for (std::size_t c = 0; c + 1 < cuts.size(); ++c)
      cell_of.insert(cell_of.end(), static_cast<std::size_t>(cuts[c + 1] - cuts[c]),
                     static_cast<std::int32_t>(c));
    grid.cells.push_back(static_cast<std::int64_t>(cuts.size()) - 1);
    grid.count *= static_cast<std::size_t>(grid.cells.back());
    grid.cuts.push_back(std::move(cuts));
  }
  return grid;
}

Arrivals::Use Arrivals::use_of(std::size_t g, const ScheduledStep& step,
                               const einsum::Access& access) const {
  const einsum::Tensor& tensor = lowering_.cascade->tensors[access.tensor];
  Use use{access.tensor, g, {}};
  for (std::size_t d = 0; d < access.indices.size(); ++d) {
    const einsum::Index& index = access.indices[d];
    Axis& axis = use.axes.emplace_back();
    axis.constant = einsum::index_constant(index, sizing_.extents);
    if (index.last_generation) {
      axis.constant = sizing_.extents[tensor.dimensions[d].rank];
      axis.stops_early = sizing_.masked && ends_with_queries(lowering_, access.tensor);
      if (axis.stops_early)
        axis.queries = queries_of(lowering_, sizing_, g, step.loops, access.tensor);
    } else if (index.composite) {
      axis.terms.push_back(
          {1, TileRange(lowering_, sizing_, g, step.loops, tensor.dimensions[d].rank, true)});
    } else {
      for (const auto& term : index.terms)
        axis.terms.push_back(
            {term.coefficient, TileRange(lowering_, sizing_, g, step.loops, term.rank, false)});
    }
  }
  return use;
}

Arrivals::Work Arrivals::resolve(std::size_t g, const ScheduledStep& step,
                                 einsum::EinsumId e) const {
  const einsum::Einsum& einsum = lowering_.cascade->einsums[e];
  Work work;
  work.write = use_of(g, step, einsum.outputs[0]);
  for (const einsum::Access& access : einsum.inputs) work.reads.push_back(use_of(g, step, access));
  work.sums = sums_over_tiles(lowering_, g, e);
  return work;
}

Arrivals::Step Arrivals::resolve(std::size_t g, const ScheduledStep& step) const {
  Step made;
  if (step.kind == StepKind::compute) {
    for (const auto e : lowering_.groups[g].steps[static_cast<std::size_t>(step.lowered)].einsums)
      made.works.push_back(resolve(g, step, e));
    return made;
  }
  made.moved = {step.tensor, g, {}};
  for (const einsum::Dimension& d : lowering_.cascade->tensors[step.tensor].dimensions)
    made.moved.axes.push_back(
        {{{1, TileRange(lowering_, sizing_, g, step.loops, cut_by(step.tensor, d.rank), false)}},
         0,
         false,
         {}});
  return made;
}

// Cells of a use at a firing; what an index leaves of the tensor is cut off.
Arrivals::Region Arrivals::region(const Use& use, const Coordinates& at) const {
  const Grid& grid = grids_[static_cast<std::size_t>(use.tensor)];
  Region region{};
  for (std::size_t d = 0; d < use.axes.size(); ++d) {
    const Axis& axis = use.axes[d];
    std::int64_t first = axis.constant;
    std::int64_t last = axis.constant;
    for (const Axis::Term& term : axis.terms) {
      const Range range = term.range.at(at);
      const std::int64_t low = term.coefficient * range.begin;
      const std::int64_t high = term.coefficient * (range.end - 1);
      first += std::min(low, high);
      last += std::max(low, high);
    }
    if (axis.stops_early) {
      const RankId rank = lowering_.cascade->tensors[use.tensor].dimensions[d].rank;
      first = last = reached_generation(lowering_, sizing_, use.group, rank, axis.queries.at(at));
    }
    const auto extent = static_cast<std::int64_t>(grid.cell_of[d].size());
    first = std::max<std::int64_t>(first, 0);
    last = std::min(last, extent - 1);
    if (first > last) return {};
    region[d] = {grid.cell_of[d][static_cast<std::size_t>(first)],
                 grid.cell_of[d][static_cast<std::size_t>(last)] + 1};
  }
  return region;
}

Arrivals::Region Arrivals::whole(TensorId t) const {
  Region region{};
  for (std::size_t d = 0; d < grids_[static_cast<std::size_t>(t)].cells.size(); ++d)
    region[d] = {0, grids_[static_cast<std::size_t>(t)].cells[d]};
  return region;
}

bool Arrivals::within(TensorId t, const Region& cells, const Point& at) const {
  for (std::size_t d = 0; d < grids_[static_cast<std::size_t>(t)].cells.size(); ++d) {
    if (at[d] < cells[d].begin || at[d] >= cells[d].end) return false;
  }
  return true;
}

std::vector<Range> Arrivals::coordinates_of(TensorId t, const Point& cell) const {
  const Grid& grid = grids_[static_cast<std::size_t>(t)];
  std::vector<Range> ranges;
  for (std::size_t d = 0; d < grid.cells.size(); ++d)
    ranges.push_back({grid.cuts[d][static_cast<std::size_t>(cell[d])],
                      grid.cuts[d][static_cast<std::size_t>(cell[d]) + 1]});
  return ranges;
}

// Whether a mask hides the whole cell: it is never computed, and who reads across it finds what the
// mask says stands there.
bool Arrivals::hidden(TensorId t, const Point& cell) const {
  const einsum::Cascade& cascade = *lowering_.cascade;
  std::int64_t key = 0;
  std::int64_t query = 0;
  const std::vector<Range> ranges = coordinates_of(t, cell);
  for (std::size_t d = 0; d < ranges.size(); ++d) {
    const RankId rank = cascade.tensors[t].dimensions[d].rank;
    if (cascade.base_of(rank) == lowering_.mask_key)
      key += ranges[d].begin * einsum::part_stride(cascade, rank, sizing_.extents);
    if (cascade.base_of(rank) == lowering_.mask_query) query = ranges[d].end - 1;
  }
  return key > last_key(sizing_, query);
}

Arrivals::Head& Arrivals::head(std::int64_t index) {
  if (index == latest_) return *latest_head_;
  Head& head = heads_[index];
  latest_ = index;
  latest_head_ = &head;
  if (head.on_chip) return head;
  const einsum::Cascade& cascade = *lowering_.cascade;
  const std::size_t tensors = cascade.tensors.size();
  const bool first_time = head.dram.empty();
  head.dram.resize(tensors);
  head.chip.resize(tensors);
  head.partial.resize(tensors);
  for (std::size_t t = 0; t < tensors; ++t) {
    const auto id = static_cast<TensorId>(t);
    const einsum::Tensor& tensor = cascade.tensors[t];
    const bool kept =
        tensor.role != einsum::TensorRole::input && residency(lowering_, sizing_, id).at == "dram";
    if (first_time && kept) head.dram[t].assign(grids_[t].count, false);
    head.chip[t].assign(grids_[t].count, false);
    const bool masked =
        sizing_.masked && tensor.defined_by != kNone && cascade.einsums[tensor.defined_by].mask;
    walk(id, whole(id), [&](std::size_t cell, const Point& at) {
      bool there = false;
      for (std::size_t d = 0; d < tensor.dimensions.size(); ++d)
        there = there || (tensor.initial && tensor.dimensions[d].generational && at[d] == 0);
      if (!there && !(masked && hidden(id, at))) return;
      head.chip[t][cell] = true;
      if (first_time && kept) head.dram[t][cell] = true;
    });
  }
  head.on_chip = true;
  // What is on chip belongs to the few heads in flight; a later group begins with nothing there.
  constexpr std::int64_t kHeadsInFlight = 16;
  if (const auto old = heads_.find(index - kHeadsInFlight); old != heads_.end()) {
    old->second.chip.clear();
    old->second.partial.clear();
    old->second.on_chip = false;
  }
  return head;
}

void Arrivals::computed(const matmul::Command& command) {
  const auto& group = schedule_.groups[static_cast<std::size_t>(command.group)];
  const ScheduledStep& step = group.steps[static_cast<std::size_t>(command.step)];
  Head& own = head(command.at[0]);
  for (const Work& work :
       steps_[static_cast<std::size_t>(command.group)][static_cast<std::size_t>(command.step)]
           .works) {
    bool sound = true;
    const Region made = region(work.write, command.at);
    for (const Use& use : work.reads) {
      const Bits& bits = own.chip[static_cast<std::size_t>(use.tensor)];
      // Generations of a state that the same firing computes, one after another, are there for
      // those that come after.
      const bool itself = use.tensor == work.write.tensor;
      walk(use.tensor, region(use, command.at), [&](std::size_t cell, const Point& at) {
        sound = sound && (bits[cell] || (itself && within(use.tensor, made, at)));
      });
    }
    Bits& written = own.chip[static_cast<std::size_t>(work.write.tensor)];
    if (!work.sums) {
      walk(work.write.tensor, made, [&](std::size_t cell, const Point&) { written[cell] = sound; });
      continue;
    }
    Bits& partial = own.partial[static_cast<std::size_t>(work.write.tensor)];
    if (partial.empty()) partial.assign(written.size(), false);
    const bool first = tile_of_pass(lowering_, sizing_, group.group, command.at) == 0;
    const bool last = last_tile(lowering_, sizing_, group.group, step.loops, command.at);
    walk(work.write.tensor, made, [&](std::size_t cell, const Point&) {
      partial[cell] = sound && (first || partial[cell]);
      if (last) written[cell] = partial[cell];
    });
  }
}

void Arrivals::moved(const memory::Transfer& transfer) {
  const auto& group = schedule_.groups[static_cast<std::size_t>(transfer.group)];
  const ScheduledStep& step = group.steps[static_cast<std::size_t>(transfer.step)];
  Head& own = head(transfer.at[0]);
  const Use& use =
      steps_[static_cast<std::size_t>(transfer.group)][static_cast<std::size_t>(transfer.step)]
          .moved;
  Bits& dram = own.dram[static_cast<std::size_t>(use.tensor)];
  Bits& chip = own.chip[static_cast<std::size_t>(use.tensor)];
  const bool load = step.kind == StepKind::load;
  walk(use.tensor, region(use, transfer.at), [&](std::size_t cell, const Point&) {
    if (load) {
      chip[cell] = dram.empty() || dram[cell];
    } else {
      dram[cell] = chip[cell];
    }
  });
}

bool Arrivals::in_dram(std::int64_t index, TensorId t, std::size_t cell) const {
  const auto found = heads_.find(index);
  if (found == heads_.end()) return false;
  const Bits& bits = found->second.dram[static_cast<std::size_t>(t)];
  return !bits.empty() && bits[cell];
}

}  // namespace weft::sim::engine
