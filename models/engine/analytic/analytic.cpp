#include "models/engine/analytic/analytic.hpp"

#include <algorithm>

#include "models/engine/analytic/analytic_group.hpp"
#include "models/engine/schedule/step_cost.hpp"
#include "models/engine/schedule/tensor_bytes.hpp"

namespace weft::engine {
namespace {

// The loops of `bits` up to and including `last`.
unsigned up_to(unsigned bits, int last) { return bits & ((2u << last) - 1u); }

}  // namespace

void GroupAnalyser::count_step(std::size_t s) {
  const LoweredStep& step = group_.steps[s];
  ArrayLoad& load = all_.arrays[step.array];
  const Total before = load.busy_cycles;
  const Total exposed = load.preload_cycles + load.drain_cycles;
  Total& issued = issued_.emplace_back();
  whole_.push_back(step_cost(lowering_, sizing_, g_, step, 0));
  timing(s, 0) = {whole_[s].issue_cycles, whole_[s].extra_latency_cycles};
  const bool drains_each = !(step.product && step.reduces_tiles);
  const Regions tiles(lowering_, sizing_, g_, step.loop_bits);
  tiles.classes([&](unsigned last, std::int64_t count) {
    const unsigned edges = tiles.edges(last);
    const StepCost& cost = edges == 0 ? whole_[s] : step_cost(lowering_, sizing_, g_, step, edges);
    if (edges != 0) timing(s, edges) = {cost.issue_cycles, cost.extra_latency_cycles};
    load.tiles += count;
    made_.firings += count;
    load.busy_cycles.add(cost.issue_cycles, count);
    issued.add(cost.issue_cycles, count);
    for (std::size_t k = 0; k < cost.work.size(); ++k) load.work[k].add(cost.work[k], count);
    count_buffer(cost, Moving::always, count);
    if (drains_each || cost.drain_cycles == 0) count_buffer(cost, Moving::at_drain, count);
    if (!drains_each) return;
    load.drain_cycles.add(cost.drain_cycles, count);
    load.busy_cycles.add(cost.drain_cycles, count);
  });
  const bool keeps_operand =
      step.product && step.stationary != kNone && step.stationary != step.writes[0];
  if (keeps_operand) count_preloads(s, load);
  if (!drains_each) count_drains(s, load);
  made_.exposed += load.preload_cycles + load.drain_cycles - exposed;
  made_.busy[step.array] += load.busy_cycles - before;
  made_.step_busy.push_back(load.busy_cycles - before);
}

bool GroupAnalyser::alone(const LoweredStep& step) const {
  return std::none_of(group_.steps.begin(), group_.steps.end(), [&](const LoweredStep& other) {
    return &other != &step && other.product && other.array == step.array;
  });
}

// A stationary operand is loaded when a loop up to the last on which it depends has moved; at every
// tile where another product of the array puts its own there, or where it takes more than the array
// holds at once.
void GroupAnalyser::count_preloads(std::size_t s, ArrayLoad& load) {
  const LoweredStep& step = group_.steps[s];
  int after = alone(step) && whole_[s].folds == 1 ? 0 : step.loops.back();
  for (const GroupRank& d : group_.dimensions[step.stationary]) {
    if (d.tiled == kNone) continue;
    for (const int l : {group_.tiled[d.tiled].block_loop, group_.tiled[d.tiled].tile_loop}) {
      if (l != kNone && (step.loop_bits >> l & 1u) != 0) after = std::max(after, l);
    }
  }
  const Regions regions(lowering_, sizing_, g_, up_to(step.loop_bits, after));
  regions.classes([&](unsigned last, std::int64_t count) {
    const unsigned edges = regions.edges(last);
    const StepCost& cost = edges == 0 ? whole_[s] : step_cost(lowering_, sizing_, g_, step, edges);
    load.preload_cycles.add(cost.preload_cycles, count);
    load.busy_cycles.add(cost.preload_cycles, count);
    count_buffer(cost, Moving::at_preload, count);
  });
}

// Sums that stay in the elements leave after the last tile of the innermost loop, with what that
// tile itself does not hide.
void GroupAnalyser::count_drains(std::size_t s, ArrayLoad& load) {
  const LoweredStep& step = group_.steps[s];
  const int innermost = step.loops.back();
  const auto drain = [&](unsigned edges, std::int64_t count) {
    const StepCost& cost = edges == 0 ? whole_[s] : step_cost(lowering_, sizing_, g_, step, edges);
    if (cost.drain_cycles == 0) return;  // leaves tile by tile, behind the work
    load.drain_cycles.add(cost.drain_cycles, count);
    load.busy_cycles.add(cost.drain_cycles, count);
    count_buffer(cost, Moving::at_drain, count);
  };
  std::size_t rank = 0;
  while (group_.tiled[rank].tile_loop != innermost && group_.tiled[rank].block_loop != innermost)
    ++rank;
  const RankSize& size = sizing_.groups[g_].ranks[rank];
  const bool smaller = size.edge != size.tile && group_.tiled[rank].tile_loop == innermost;
  const int block = group_.tiled[rank].block_loop;
  const bool blocked = block != kNone && (step.loop_bits >> block & 1u) != 0;
  // By class of the other ranks: how many end with the rank's smaller last tile. Under a mask not
  // all see it.
  std::array<std::int64_t, 1u << kMostTiled> last_tiles{};
  if (smaller) {
    const Regions tiles(lowering_, sizing_, g_, step.loop_bits);
    tiles.classes([&](unsigned last, std::int64_t count) {
      if ((last >> rank & 1u) != 0) last_tiles[tiles.edges(last) & ~(1u << rank)] += count;
    });
    if (size.tiles == 1) last_tiles.fill(0);
  }
  const Regions regions(lowering_, sizing_, g_, step.loop_bits & ~(1u << innermost));
  regions.classes([&](unsigned last, std::int64_t count) {
    const unsigned edges = regions.edges(last) & ~(1u << rank);
    if (!smaller || (blocked && (last >> rank & 1u) == 0)) return drain(edges, count);
    const std::int64_t ends = std::min(count, last_tiles[edges]);
    last_tiles[edges] -= ends;
    drain(edges | 1u << rank, ends);
    if (count > ends) drain(edges, count - ends);
  });
}

void GroupAnalyser::count_buffer(const StepCost& cost, Moving when, std::int64_t count) {
  const bool drained = cost.moves_at_drain();
  if (when == Moving::always) all_.rows_read.add(cost.rows_read, count);
  if (when == Moving::at_preload) all_.rows_read.add(cost.preload_rows, count);
  if (when == (drained ? Moving::at_drain : Moving::always))
    all_.rows_written.add(cost.rows_written, count);
  for (int i = 0; i < cost.moved_count; ++i) {
    const StepCost::Moved& moved = cost.moved[static_cast<std::size_t>(i)];
    const Moving own = moved.at_preload ? Moving::at_preload
                       : moved.at_drain ? Moving::at_drain
                                        : Moving::always;
    if (own != when) continue;
    all_.memory[moved.tensor].buffer_read_bytes.add(moved.read_bytes, count);
    all_.memory[moved.tensor].buffer_written_bytes.add(moved.written_bytes, count);
  }
}

std::int64_t GroupAnalyser::region_bytes(TensorId tensor, const Regions& regions,
                                         unsigned last) const {
  std::int64_t rows = 1;
  for (const GroupRank& d : group_.dimensions[tensor]) {
    if (!d.outer && d.tiled != kNone) rows *= regions.size(static_cast<std::size_t>(d.tiled), last);
  }
  return bytes_in_memory(lowering_, sizing_, tensor, row_of(lowering_, sizing_, g_, tensor), rows);
}

GroupAnalyser::Transfers GroupAnalyser::count_transfer(TensorId tensor, unsigned loops,
                                                       bool write) {
  const Regions regions(lowering_, sizing_, g_, loops);
  const std::int64_t burst = lowering_.arch->dram.burst_bytes;
  Transfers made;
  Total requests;
  regions.classes([&](unsigned last, std::int64_t count) {
    const std::int64_t bytes = region_bytes(tensor, regions, last);
    made.bytes.add(bytes, count);
    made.count += count;
    requests.add(ceil_div(bytes, burst), count);
  });
  made_.bytes += made.bytes;
  made_.transfers += made.count;
  made_.requests += requests;
  (write ? all_.memory[tensor].written_bytes : all_.memory[tensor].read_bytes) += made.bytes;
  (write ? all_.write_requests : all_.read_requests) += requests;
  return made;
}

// Read from the memory by this step, the first of its stage to do so. Asked once, in the order of
// the steps.
bool GroupAnalyser::loads_first(const LoweredStep& step, TensorId tensor) {
  char& before = read_[static_cast<std::size_t>(step.stage) * lowering_.tensors.size() +
                       static_cast<std::size_t>(tensor)];
  if (before != 0) return false;
  before = 1;
  return engine::needs_load(lowering_, sizing_, g_, tensor, step.stage);
}

void GroupAnalyser::count_loads(std::size_t s) {
  const LoweredStep& step = group_.steps[s];
  for (std::size_t u = step.writes.size(); u < step.uses.size(); ++u) {
    const TensorUse& use = step.uses[u];
    if (!loads_first(step, use.tensor)) continue;
    const unsigned loops = up_to(step.loop_bits, use.hold[sizing_.choice[use.tensor]]);
    const Transfers made = count_transfer(use.tensor, loops, false);
    made_.rooms.push_back({copies(use.tensor), made.bytes, made.count, issued_[s]});
    if (s == 0)
      made_.first_load +=
          static_cast<double>(first_bytes(use.tensor, loops)) / bytes_per_cycle(lowering_);
  }
}

void GroupAnalyser::count_stores(const LoweredStep& step) {
  for (std::size_t u = 0; u < step.writes.size(); ++u) {
    const TensorId tensor = step.uses[u].tensor;
    const int choice = sizing_.choice[tensor];
    if (lowering_.tensors[tensor].places[choice] != Place::dram) continue;
    std::vector<int> walked;
    for (const int l : step.loops) {
      if (!step.reduces_tiles || group_.loops[l].base != group_.pass_rank) walked.push_back(l);
    }
    const int hold = hold_loop(group_, lowering_.tensors[tensor].choices[choice], walked);
    unsigned loops = 0;
    for (const int l : walked) loops |= l <= hold ? 1u << l : 0u;
    const Transfers made = count_transfer(tensor, loops, true);
    if (!step.reduces_tiles)
      made_.rooms.push_back({copies(tensor), made.bytes, made.count,
                             issued_[static_cast<std::size_t>(&step - group_.steps.data())]});
    made_.last_store = static_cast<double>(first_bytes(tensor, loops)) / bytes_per_cycle(lowering_);
  }
}

double bytes_per_cycle(const Lowering& lowering) {
  const Dram& dram = lowering.arch->dram;
  const double wish = dram.bandwidth_bytes_per_s / lowering.arch->clock_hz;
  return dram.bus_bytes ? std::min(wish, static_cast<double>(*dram.bus_bytes)) : wish;
}

namespace {

HeadWork counted(const Lowering& lowering, const Sizing& sizing) {
  HeadWork work;
  work.repeats = sizing.repeats;
  work.counted.arrays.resize(lowering.arrays.size());
  work.counted.memory.resize(lowering.tensors.size());
  work.groups.reserve(lowering.groups.size());
  for (std::size_t g = 0; g < lowering.groups.size(); ++g)
    work.groups.push_back(GroupAnalyser(lowering, sizing, g, work.counted).run());
  return work;
}

// Whether all of it stays far within what counts hold, times `repeats`.
bool is_small(const HeadWork& work, std::int64_t repeats) {
  constexpr double kMostCounted = 0x1p62;  // regions
  constexpr double kMostSummed = 0x1p120;
  const auto times = static_cast<double>(repeats);
  double most = 0;
  for (const ArrayLoad& load : work.counted.arrays) {
    for (const Total& sum : load.work) most = std::max(most, sum.approximate());
    most = std::max(most, load.busy_cycles.approximate());
  }
  for (const MemoryLoad& load : work.counted.memory) {
    for (const Total* sum : {&load.read_bytes, &load.written_bytes, &load.buffer_read_bytes,
                             &load.buffer_written_bytes})
      most = std::max(most, sum->approximate());
  }
  if (most * times > kMostSummed) return false;
  return std::all_of(work.groups.begin(), work.groups.end(), [&](const HeadWork::Group& group) {
    return (group.firings.approximate() + group.transfers.approximate()) * times < kMostCounted;
  });
}

}  // namespace

bool tells(const HeadWork& work, std::int64_t repeats) {
  return repeats == work.repeats || (work.repeats == 1 && is_small(work, repeats));
}

HeadWork work_of(const Lowering& lowering, const Sizing& sizing) {
  try {
    Sizing one = sizing;
    one.repeats = 1;
    HeadWork work = counted(lowering, one);
    if (is_small(work, sizing.repeats)) return work;
  } catch (const TooLarge&) {
    // Told of all heads.
  }
  return counted(lowering, sizing);
}

Analysis analysis_of(const Lowering& lowering, const HeadWork& work, std::int64_t repeats) {
  const std::int64_t times = repeats / work.repeats;
  Analysis all = work.counted;
  for (ArrayLoad& load : all.arrays) {
    for (Total* sum : {&load.busy_cycles, &load.tiles, &load.preload_cycles, &load.drain_cycles})
      *sum *= times;
    for (Total& sum : load.work) sum *= times;
  }
  for (MemoryLoad& load : all.memory) {
    for (Total* sum : {&load.read_bytes, &load.written_bytes, &load.buffer_read_bytes,
                       &load.buffer_written_bytes})
      *sum *= times;
  }
  for (Total* sum : {&all.read_requests, &all.write_requests, &all.rows_read, &all.rows_written})
    *sum *= times;
  all.groups.reserve(work.groups.size());
  for (const HeadWork::Group& group : work.groups) {
    GroupAnalysis& timed = all.groups.emplace_back(time_of(lowering, group, times));
    for (const Total& busy : group.step_busy) timed.step_busy_cycles.push_back(busy * times);
    all.cycles += timed.cycles;
  }
  return all;
}

double cycles_of(const Lowering& lowering, const HeadWork& work, std::int64_t repeats) {
  double cycles = 0;
  for (const HeadWork::Group& group : work.groups)
    cycles += time_of(lowering, group, repeats / work.repeats).cycles;
  return cycles;
}

Analysis analyse(const Lowering& lowering, const Sizing& sizing) {
  return analysis_of(lowering, work_of(lowering, sizing), sizing.repeats);
}

}  // namespace weft::engine
