#include "models/engine/analytic.hpp"

#include <algorithm>
#include <cmath>

#include "models/engine/run.hpp"
#include "models/engine/schedule.hpp"

namespace weft::engine {
namespace {

// How often a group's loops run, in total and by tile class. Without a mask every class is a product of counts.
class Tally {
 public:
  Tally(const Lowering& lowering, const Sizing& sizing, std::size_t g) : lowering_(lowering), sizing_(sizing), g_(g), group_(lowering.groups[g]) {}

  // Calls f(edges, count) for every class of tile over `loops` (one pass over them, all heads).
  template <class F>
  void classes(const std::vector<int>& loops, F f) const {
    if (sizing_.masked) return masked_classes(loops, f);
    const std::size_t ranks = group_.tiled.size();
    for (unsigned edges = 0; edges < (1u << ranks); ++edges) {
      std::int64_t count = sizing_.repeats;
      for (std::size_t i = 0; i < ranks; ++i) {
        const RankSize& size = sizing_.groups[g_].ranks[i];
        const bool runs = has(loops, group_.tiled[i].tile_loop);
        const bool smaller = size.edge != size.tile;
        const bool wanted = (edges >> i & 1u) != 0;
        if (!runs) {
          count *= wanted ? 0 : 1;
        } else if (wanted) {
          count *= smaller ? 1 : 0;
        } else {
          count *= size.tiles - (smaller ? 1 : 0);
        }
      }
      if (count > 0) f(edges, count);
    }
  }

  // Iterations of `loops` up to and including index `last`.
  double iterations(const std::vector<int>& loops, int last) const {
    double count = static_cast<double>(sizing_.repeats);
    for (const int l : loops) {
      if (l == 0 || l > last) continue;
      for (std::size_t i = 0; i < group_.tiled.size(); ++i) {
        const TiledRank& tiled = group_.tiled[i];
        const RankSize& size = sizing_.groups[g_].ranks[i];
        if (tiled.block_loop == l) count *= static_cast<double>(size.blocks);
        // Tiles of all blocks, where the block loop has been counted before.
        if (tiled.tile_loop == l) count *= static_cast<double>(size.tiles) / static_cast<double>(tiled.block_loop == kNone ? 1 : size.blocks);
      }
    }
    return count;
  }

 private:
  static bool has(const std::vector<int>& loops, int l) { return std::find(loops.begin(), loops.end(), l) != loops.end(); }

  // Under a mask key <= query + c: for every query tile, the key tiles it sees.
  template <class F>
  void masked_classes(const std::vector<int>& loops, F f) const {
    std::size_t key = group_.tiled.size();
    std::size_t query = group_.tiled.size();
    for (std::size_t i = 0; i < group_.tiled.size(); ++i) {
      if (group_.tiled[i].base == lowering_.mask_key) key = i;
      if (group_.tiled[i].base == lowering_.mask_query) query = i;
    }
    std::int64_t counts[4] = {0, 0, 0, 0};
    const RankSize one{};
    const RankSize& q = query < group_.tiled.size() ? sizing_.groups[g_].ranks[query] : one;
    const RankSize& k = key < group_.tiled.size() ? sizing_.groups[g_].ranks[key] : one;
    const bool over_keys = key < group_.tiled.size() && has(loops, group_.tiled[key].tile_loop);
    for (std::int64_t tile = 0; tile < q.tiles; ++tile) {
      const std::int64_t last = std::min(q.extent, (tile + 1) * q.tile) - 1;
      const std::int64_t seen = over_keys ? std::min(k.tiles, (last + sizing_.mask_offset) / k.tile + 1) : 1;
      const unsigned q_edge = tile + 1 == q.tiles && q.edge != q.tile ? 1 : 0;
      const bool k_edge = over_keys && seen == k.tiles && k.edge != k.tile;
      counts[q_edge] += seen - (k_edge ? 1 : 0);
      counts[q_edge + 2] += k_edge ? 1 : 0;
    }
    for (unsigned c = 0; c < 4; ++c) {
      const unsigned edges = ((c & 1u) != 0 && query < group_.tiled.size() ? 1u << query : 0u) | ((c & 2u) != 0 && key < group_.tiled.size() ? 1u << key : 0u);
      if (counts[c] > 0) f(edges, counts[c] * sizing_.repeats);
    }
  }

  const Lowering& lowering_;
  const Sizing& sizing_;
  std::size_t g_;
  const LoweredGroup& group_;
};

double pace(const Lowering& lowering) { return lowering.arch->dram.bandwidth_bytes_per_s / lowering.arch->clock_hz; }

// Bytes of `tensor` for one full traversal at `hold` by a step over `loops`.
std::int64_t traffic_bytes(const Lowering& lowering, const Sizing& sizing, std::size_t g, TensorId tensor, const std::vector<int>& loops, int hold) {
  const LoweredGroup& group = lowering.groups[g];
  double elements = static_cast<double>(sizing.repeats);
  const auto& dims = lowering.cascade->tensors[tensor].dimensions;
  for (const einsum::Dimension& d : dims) {
    const einsum::Rank& rank = lowering.cascade->ranks[d.rank];
    if (d.generational || (rank.kind == einsum::RankKind::partition && rank.level > 0)) continue;
    elements *= static_cast<double>(sizing.extents[lowering.cascade->base_of(d.rank)]);
  }
  for (const int l : loops) {
    if (l == 0 || l > hold) continue;
    const bool own = std::any_of(dims.begin(), dims.end(), [&](const einsum::Dimension& d) { return lowering.cascade->base_of(d.rank) == group.loops[l].base; });
    if (own) continue;
    for (std::size_t i = 0; i < group.tiled.size(); ++i) {
      const RankSize& size = sizing.groups[g].ranks[i];
      if (group.tiled[i].block_loop == l) elements *= static_cast<double>(size.blocks);
      if (group.tiled[i].tile_loop == l) elements *= static_cast<double>(size.tiles) / static_cast<double>(group.tiled[i].block_loop == kNone ? 1 : size.blocks);
    }
  }
  return static_cast<std::int64_t>(elements) * numerics::bytes(lowering.tensors[tensor].format);
}

// Under a mask, the share of (query tile, key tile) pairs that are not empty.
double visible_share(const Lowering& lowering, const Sizing& sizing, std::size_t g, const std::vector<int>& loops) {
  if (!sizing.masked) return 1;
  const LoweredGroup& group = lowering.groups[g];
  double all = static_cast<double>(sizing.repeats);
  for (std::size_t i = 0; i < group.tiled.size(); ++i) {
    if (std::find(loops.begin(), loops.end(), group.tiled[i].tile_loop) != loops.end()) all *= static_cast<double>(sizing.groups[g].ranks[i].tiles);
  }
  double seen = 0;
  Tally(lowering, sizing, g).classes(loops, [&](unsigned, std::int64_t count) { seen += static_cast<double>(count); });
  return all > 0 ? seen / all : 1;
}

struct StepSum {
  double cycles = 0;
  StepCost whole;  // of a full tile
};

StepSum sum_step(const Lowering& lowering, const Sizing& sizing, std::size_t g, const LoweredStep& step, GroupAnalysis& out) {
  const Tally tally(lowering, sizing, g);
  StepSum sum;
  sum.whole = step_cost(lowering, sizing, g, step, 0);
  bool alone = true;
  for (const LoweredStep& other : lowering.groups[g].steps) alone = alone && (&other == &step || !other.product || other.array != step.array);
  tally.classes(step.loops, [&](unsigned edges, std::int64_t count) {
    const StepCost cost = edges == 0 ? sum.whole : step_cost(lowering, sizing, g, step, edges);
    sum.cycles += static_cast<double>(cost.issue_cycles) * static_cast<double>(count);
    for (std::size_t k = 0; k < cost.work.size(); ++k) out.work[step.array][k] += cost.work[k] * count;
    if (!step.reduces_tiles) sum.cycles += static_cast<double>(cost.drain_cycles) * static_cast<double>(count);
    if (!alone) sum.cycles += static_cast<double>(cost.preload_cycles) * static_cast<double>(count);
  });
  const LoweredGroup& group = lowering.groups[g];
  if (step.reduces_tiles && sum.whole.drain_cycles > 0) {
    double drains = static_cast<double>(sizing.repeats);
    for (std::size_t i = 0; i < group.tiled.size(); ++i) {
      if (group.tiled[i].base != group.pass_rank) drains *= static_cast<double>(sizing.groups[g].ranks[i].tiles);
    }
    sum.cycles += drains * static_cast<double>(sum.whole.drain_cycles);
  }
  if (alone && sum.whole.preload_cycles > 0) {
    int after = 0;
    for (const int l : step.loops) {
      for (const einsum::Dimension& d : lowering.cascade->tensors[step.stationary].dimensions) {
        if (lowering.cascade->base_of(d.rank) == group.loops[l].base) after = l;
      }
    }
    sum.cycles += tally.iterations(step.loops, after) * static_cast<double>(sum.whole.preload_cycles);
  }
  return sum;
}

// One tile's life on its spatial array: its steps there, and the way to other arrays and back between them.
double tile_life(const Lowering& lowering, const LoweredGroup& group, const std::vector<StepSum>& sums, int stage, int array) {
  double life = 0;
  int before = kNone;
  int first = kNone;
  int last = kNone;
  for (std::size_t s = 0; s < group.steps.size(); ++s) {
    if (group.steps[s].stage != stage || group.steps[s].array != array) continue;
    if (first == kNone) first = static_cast<int>(s);
    last = static_cast<int>(s);
  }
  if (first == last) return 0;
  for (int s = first; s <= last; ++s) {
    const LoweredStep& step = group.steps[static_cast<std::size_t>(s)];
    if (step.stage != stage) continue;
    life += static_cast<double>(sums[s].whole.issue_cycles);
    if (before != kNone && before != step.array) {
      life += static_cast<double>(path_latency(*lowering.arch, lowering.array_names[before], lowering.array_names[step.array]));
    }
    before = step.array;
  }
  return life;
}

// Cycles from a tile's first step to the end of its last, where tiles follow one another strictly: the steps of one
// stage in the sequencer's order, each on its array when its operands of this tile are there.
std::int64_t serial_tile(const Lowering& lowering, const GroupSchedule& schedule, int stage, unsigned edges) {
  std::vector<std::size_t> waiting;
  std::vector<std::int64_t> begin(schedule.steps.size(), kNone);
  std::vector<std::int64_t> end(schedule.steps.size(), 0);
  std::vector<std::int64_t> free(lowering.arrays.size(), 0);
  for (std::size_t s = 0; s < schedule.steps.size(); ++s) {
    if (schedule.steps[s].kind == StepKind::compute && schedule.steps[s].stage == stage) waiting.push_back(s);
  }
  // The first cycle in which step s could start; kNone while one that it reads from has not been placed.
  const auto start_of = [&](std::size_t s) -> std::int64_t {
    std::int64_t at = free[schedule.steps[s].unit];
    for (const Need& need : schedule.steps[s].needs) {
      const ScheduledStep& producer = schedule.steps[need.producer];
      if (need.kind != NeedKind::iteration || producer.kind != StepKind::compute || producer.stage != stage) continue;
      if (begin[need.producer] == kNone) return kNone;
      const std::int64_t whole = end[need.producer] + need.latency;
      at = std::max(at, need.streamed ? std::max(begin[need.producer] + producer.costs[edges].extra_latency_cycles + 1 + need.latency,
                                                 whole + 1 - schedule.steps[s].costs[edges].issue_cycles)
                                      : whole);
    }
    return at;
  };
  std::int64_t last = 0;
  while (!waiting.empty()) {
    std::size_t best = 0;
    std::int64_t earliest = kNone;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      const std::int64_t at = start_of(waiting[i]);
      if (at == kNone || (earliest != kNone && at >= earliest)) continue;
      best = i;
      earliest = at;
    }
    const std::size_t s = waiting[best];
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(best));
    const ScheduledStep& step = schedule.steps[s];
    const StepCost& cost = step.costs[edges];
    const Array& array = *lowering.arrays[step.unit];
    begin[s] = earliest;
    free[step.unit] = earliest + cost.issue_cycles + cost.preload_cycles + (step.drains_at_end ? 0 : cost.drain_cycles);
    end[s] = free[step.unit] + cost.extra_latency_cycles;
    last = std::max(last, end[s] + (array.kind == ArrayKind::spatial ? *array.rows + *array.columns - 2 : 0));
  }
  return last;
}

GroupAnalysis analyse_group(const Lowering& lowering, const Sizing& sizing, std::size_t g, Analysis& all) {
  const LoweredGroup& group = lowering.groups[g];
  GroupAnalysis out;
  out.busy_cycles.assign(lowering.arrays.size(), 0);
  out.work.assign(lowering.arrays.size(), einsum::WorkCounts{});
  std::vector<StepSum> sums;
  double serial = 0;
  double chain = 0;  // one tile through every step
  std::int64_t bytes = 0;
  double first_load = 0;
  double last_store = 0;
  for (const LoweredStep& step : group.steps) {
    sums.push_back(sum_step(lowering, sizing, g, step, out));
    out.busy_cycles[step.array] += sums.back().cycles;
    serial += sums.back().cycles;
    chain += static_cast<double>(sums.back().whole.issue_cycles + sums.back().whole.extra_latency_cycles + sums.back().whole.drain_cycles);
    const double share = visible_share(lowering, sizing, g, step.loops);
    for (const TensorId t : step.reads) {
      const Residency& place = residency(lowering, sizing, t);
      const bool outside = lowering.tensors[t].made_in_group != static_cast<int>(g);
      bool earlier_stage = false;
      bool seen = false;
      for (const LoweredStep& other : group.steps) {
        if (&other == &step) break;
        seen = seen || (other.stage == step.stage && std::find(other.reads.begin(), other.reads.end(), t) != other.reads.end());
        earlier_stage = earlier_stage || (other.stage != step.stage && std::find(other.writes.begin(), other.writes.end(), t) != other.writes.end());
      }
      if (seen || !(outside || (place.at == "dram" && earlier_stage))) continue;
      const int hold = hold_loop(group, place, step.loops);
      std::int64_t moved = traffic_bytes(lowering, sizing, g, t, step.loops, hold);
      if (group.pass_loop <= hold) moved = static_cast<std::int64_t>(static_cast<double>(moved) * share);
      all.read_bytes[t] += moved;
      bytes += moved;
      if (step.stage == 0) {
        first_load += static_cast<double>(region_elements(lowering, sizing, g, t, hold, 0) * numerics::bytes(lowering.tensors[t].format)) / pace(lowering);
      }
    }
    for (const TensorId t : step.writes) {
      if (residency(lowering, sizing, t).at != "dram") continue;
      std::int64_t moved = traffic_bytes(lowering, sizing, g, t, step.loops, 0);
      if (!step.reduces_tiles && group.stages[step.stage].over_pass_rank) moved = static_cast<std::int64_t>(static_cast<double>(moved) * share);
      all.written_bytes[t] += moved;
      bytes += moved;
      last_store = static_cast<double>(region_elements(lowering, sizing, g, t, step.loops.back(), 0) * numerics::bytes(lowering.tensors[t].format)) / pace(lowering);
    }
  }
  out.memory_cycles = static_cast<double>(bytes) / pace(lowering);
  double bound = out.memory_cycles;
  for (const double busy : out.busy_cycles) bound = std::max(bound, busy);
  const Tally tally(lowering, sizing, g);
  for (std::size_t stage = 0; stage < group.stages.size(); ++stage) {
    for (std::size_t a = 0; a < lowering.arrays.size(); ++a) {
      if (lowering.arrays[a]->kind != ArrayKind::spatial) continue;
      double tiles = 0;
      const double life = tile_life(lowering, group, sums, static_cast<int>(stage), static_cast<int>(a));
      if (life == 0) continue;
      tally.classes(group.stages[stage].loops, [&](unsigned, std::int64_t count) { tiles += static_cast<double>(count); });
      out.latency_cycles = std::max(out.latency_cycles, tiles * life / static_cast<double>(lowering.tiles_in_flight));
    }
  }
  bound = std::max(bound, out.latency_cycles);
  const bool one_by_one = lowering.binding->epochs == Epochs::serial;
  if (one_by_one) {
    const Schedule schedule = build_schedule(lowering, sizing);
    double chains = 0;
    for (std::size_t stage = 0; stage < group.stages.size(); ++stage) {
      tally.classes(group.stages[stage].loops, [&](unsigned edges, std::int64_t count) {
        chains += static_cast<double>(count) * static_cast<double>(serial_tile(lowering, schedule.groups[g], static_cast<int>(stage), edges));
      });
    }
    bound = std::max(bound, chains);
  }
  // Filling: the first tiles in, the first tile through, the last one out; stages before and after the bounding one
  // run alone for one outer iteration.
  const double latency = static_cast<double>(lowering.arch->dram.latency_cycles);
  out.fill_cycles = first_load + latency + chain + last_store + latency;
  if (group.stages.size() > 1 && !one_by_one) {
    const double outer = tally.iterations(group.stages[0].loops, group.pass_loop - 1);
    const double largest = *std::max_element(out.busy_cycles.begin(), out.busy_cycles.end());
    out.fill_cycles += std::max(0.0, (serial - largest) / std::max(1.0, outer));
  }
  out.cycles = bound + out.fill_cycles;
  return out;
}

}  // namespace

Analysis analyse(const Lowering& lowering, const Sizing& sizing) {
  Analysis all;
  all.read_bytes.assign(lowering.tensors.size(), 0);
  all.written_bytes.assign(lowering.tensors.size(), 0);
  for (std::size_t g = 0; g < lowering.groups.size(); ++g) {
    all.groups.push_back(analyse_group(lowering, sizing, g, all));
    all.cycles += all.groups.back().cycles;
  }
  return all;
}

Result run_analytic(const Design& design, const workload::Workload& workload, const workload::Shape& shape, std::int64_t layers) {
  const Lowering& lowering = design.lowering(shape.causal);
  const Sizing sizing = size_point(lowering, workload, shape, layers);
  Result result = begin_result(design, lowering, sizing, Fidelity::analytic);
  if (!sizing.feasible) return result;
  const Analysis analysis = analyse(lowering, sizing);
  result.cycles = static_cast<std::uint64_t>(std::llround(analysis.cycles));
  const auto unit = [&](UnitKind kind, int array, double busy) -> UnitResult& {
    UnitResult made{.kind = kind, .array = array, .busy_cycles = std::min(result.cycles, static_cast<std::uint64_t>(std::llround(busy)))};
    made.idle_cycles = result.cycles - made.busy_cycles;
    return result.units.emplace_back(made);
  };
  for (std::size_t a = 0; a < lowering.arrays.size(); ++a) {
    double busy = 0;
    einsum::WorkCounts work{};
    for (const GroupAnalysis& group : analysis.groups) {
      busy += group.busy_cycles[a];
      for (std::size_t k = 0; k < work.size(); ++k) work[k] += group.work[a][k];
    }
    UnitResult& made = unit(UnitKind::array, static_cast<int>(a), busy);
    const auto put = [&](ArrayCounter counter, einsum::Work kind) {
      made.counters[static_cast<std::size_t>(counter)] = static_cast<std::uint64_t>(work[static_cast<std::size_t>(kind)]);
    };
    put(ArrayCounter::macc, einsum::Work::macc);
    put(ArrayCounter::multiply, einsum::Work::multiply);
    put(ArrayCounter::add, einsum::Work::add);
    put(ArrayCounter::max, einsum::Work::max);
    put(ArrayCounter::exp, einsum::Work::exp);
    put(ArrayCounter::divide, einsum::Work::divide);
  }
  unit(UnitKind::buffer, kNone, 0);
  double memory = 0;
  for (const GroupAnalysis& group : analysis.groups) memory += group.memory_cycles;
  UnitResult& dram = unit(UnitKind::dram, kNone, memory);
  for (std::size_t t = 0; t < lowering.tensors.size(); ++t) {
    const auto read = static_cast<std::uint64_t>(analysis.read_bytes[t]);
    const auto written = static_cast<std::uint64_t>(analysis.written_bytes[t]);
    dram.counters[static_cast<std::size_t>(DramCounter::bytes_read)] += read;
    dram.counters[static_cast<std::size_t>(DramCounter::bytes_written)] += written;
    if (read + written > 0) result.traffic.push_back({static_cast<TensorId>(t), UnitKind::dram, read, written});
  }
  conclude(result, lowering, sizing);
  return result;
}

}  // namespace weft::engine
