#include "models/engine/schedule/prepare.hpp"

#include <algorithm>

#include "models/engine/binding/lowering_again.hpp"
#include "models/engine/schedule/schedule.hpp"

namespace weft::engine {
namespace {

using einsum::Work;

std::int64_t of(const einsum::WorkCounts& work, Work kind) {
  return work[static_cast<std::size_t>(kind)];
}

// Cycles of an element for one point of an Einsum, and the latency beyond them.
void point_time(const Operations& can, StepPoints& points) {
  const auto spend = [&](std::int64_t count, std::int64_t interval, std::int64_t latency) {
    points.cycles += count * interval;
    if (count > 0) points.extra_latency += latency - interval;
  };
  const auto run = [&](std::int64_t count, const std::optional<Operation>& op,
                       const std::optional<Operation>& instead) {
    if (count > 0)
      spend(count, (op ? op : instead)->interval_cycles, (op ? op : instead)->latency_cycles);
  };
  std::int64_t adds = of(points.work, Work::add);
  const std::int64_t exps = of(points.work, Work::exp);
  if (exps > 0) {
    if (can.exp->absorbs_subtract) adds = std::max<std::int64_t>(0, adds - exps);
    spend(exps, can.exp->interval_cycles, can.exp->latency_cycles);
  }
  run(adds, can.add, can.macc);
  run(of(points.work, Work::max), can.max, std::nullopt);
  run(of(points.work, Work::divide), can.divide, std::nullopt);
  run(of(points.work, Work::multiply), can.multiply, can.macc);
  run(of(points.work, Work::macc), can.macc, std::nullopt);
  points.extra_latency = std::max<std::int64_t>(0, points.extra_latency);
}

// `cut`: the base rank by whose tiles it is cut.
GroupRank group_rank(const Lowering& lowering, const LoweredGroup& group, RankId r, RankId cut) {
  const einsum::Rank& rank = lowering.cascade->ranks[r];
  GroupRank out{.rank = r, .outer = rank.kind == einsum::RankKind::partition && rank.level > 0};
  for (std::size_t i = 0; i < group.tiled.size(); ++i) {
    if (group.tiled[i].base == cut) out.tiled = static_cast<int>(i);
  }
  return out;
}

GroupRank group_rank(const Lowering& lowering, const LoweredGroup& group, RankId r) {
  return group_rank(lowering, group, r, lowering.cascade->base_of(r));
}

// A rank that the group does not cut is walked without padding: its partitions count as the rank
// itself.
std::vector<RankId> without_padding(const Lowering& lowering, const LoweredGroup& group,
                                    const std::vector<RankId>& ranks) {
  const auto has = [&](RankId r) {
    return std::find(ranks.begin(), ranks.end(), r) != ranks.end();
  };
  std::vector<RankId> all;
  for (const RankId r : ranks) {
    const RankId base = lowering.cascade->base_of(r);
    const auto& parts = lowering.cascade->ranks[base].parts;
    const bool whole = base != r && group_rank(lowering, group, r).tiled == kNone &&
                       std::all_of(parts.begin(), parts.end(), has);
    if (!whole) {
      all.push_back(r);
    } else if (std::find(all.begin(), all.end(), base) == all.end()) {
      all.push_back(base);
    }
  }
  return all;
}

StepPoints step_points(const Lowering& lowering, const LoweredGroup& group, const LoweredStep& step,
                       EinsumId e) {
  const einsum::Einsum& einsum = lowering.cascade->einsums[e];
  const Array& array = *lowering.arrays[step.array];
  StepPoints points;
  points.work = einsum::work_per_point(*lowering.cascade, e);
  point_time(array.operations, points);
  for (const RankId r : without_padding(lowering, group, einsum.iteration)) {
    const RankId base = lowering.cascade->base_of(r);
    StepPoints::Rank& rank = points.ranks.emplace_back();
    static_cast<GroupRank&>(rank) = group_rank(lowering, group, r);
    const bool spatial = array.kind == ArrayKind::spatial;
    rank.axis = spatial && base == step.rows      ? Axis::rows
                : spatial && base == step.columns ? Axis::columns
                : !spatial && base == step.lanes  ? Axis::lanes
                                                  : Axis::time;
    rank.reduced = std::any_of(einsum.reduced.begin(), einsum.reduced.end(), [&](RankId reduced) {
      return reduced == r || (base == r && lowering.cascade->base_of(reduced) == r);
    });
  }
  return points;
}

TensorUse tensor_use(const Lowering& lowering, const LoweredGroup& group, const LoweredStep& step,
                     TensorId t) {
  TensorUse use{.tensor = t, .hold = {}};
  for (const Residency& choice : lowering.tensors[t].choices)
    use.hold.push_back(hold_loop(group, choice, step.loops));
  return use;
}

// The operands within a tile are those of the schedule, which are the same at any shape: taken from
// the smallest.
void tile_operands(Lowering& lowering) {
  workload::Shape one;
  std::array<std::int64_t, kQuantities> quantities{};
  quantities.fill(1);
  const Sizing sizing = size_design(lowering, one, quantities, 1);
  const Schedule schedule = build_schedule(lowering, sizing);
  for (const GroupSchedule& scheduled : schedule.groups) {
    LoweredGroup& group = lowering.groups[scheduled.group];
    for (const ScheduledStep& step : scheduled.steps) {
      if (step.kind != StepKind::compute) continue;
      for (const Need& need : step.needs) {
        const ScheduledStep& producer = scheduled.steps[need.producer];
        if (need.kind != NeedKind::iteration || producer.kind != StepKind::compute ||
            producer.stage != step.stage)
          continue;
        group.steps[step.lowered].operands.push_back(
            {producer.lowered, need.latency, need.streamed});
      }
    }
  }
}

// Whether nothing that prepare() reads is different: the memory's pace is not among it.
bool prepares_alike(const Architecture& a, const Architecture& b) {
  Dram memory = a.dram;
  memory.bandwidth_bytes_per_s = b.dram.bandwidth_bytes_per_s;
  memory.latency_s = b.dram.latency_s;
  memory.latency_cycles = b.dram.latency_cycles;
  memory.outstanding = b.dram.outstanding;
  return memory == b.dram && a.buffer == b.buffer && a.links == b.links && a.arrays == b.arrays;
}

// Whether no tensor is placed by what fits: the schedule's paths are then the same at any size.
bool has_one_place_each(const Lowering& lowering) {
  return std::all_of(lowering.tensors.begin(), lowering.tensors.end(),
                     [](const LoweredTensor& tensor) { return tensor.choices.size() == 1; });
}

// The numbers of a binding that lowers alike.
void take_numbers(Lowering& lowering, const Binding& binding) {
  lowering.binding = &binding;
  for (std::size_t t = 0; t < lowering.tensors.size(); ++t) {
    const TensorBinding& from = binding.tensors.at(lowering.cascade->tensors[t].name);
    lowering.tensors[t].format = from.format;
    lowering.tensors[t].choices = from.choices();
  }
  for (std::size_t r = 0; r < lowering.rank_extents.size(); ++r) {
    const einsum::Rank& rank = lowering.cascade->ranks[r];
    if (rank.base == kNone) lowering.rank_extents[r] = binding.ranks.at(rank.name);
  }
  for (std::size_t g = 0; g < lowering.groups.size(); ++g) {
    std::size_t next = 0;
    for (const auto& [rank, tiling] : binding.groups[g].tiles)
      lowering.groups[g].tiled[next++].tiling = tiling;
  }
}

}  // namespace

void prepare(Lowering& lowering) {
  for (LoweredTensor& tensor : lowering.tensors) {
    for (const Residency& choice : tensor.choices) {
      tensor.places.push_back(choice.at == "buffer" ? Place::buffer
                              : choice.at == "dram" ? Place::dram
                                                    : Place::elsewhere);
    }
  }
  for (LoweredGroup& group : lowering.groups) {
    for (std::size_t t = 0; t < lowering.tensors.size(); ++t) {
      const einsum::Tensor& tensor = lowering.cascade->tensors[t];
      auto& dimensions = group.dimensions.emplace_back();
      std::vector<RankId> ranks;
      for (const einsum::Dimension& d : tensor.dimensions) {
        if (!d.generational) ranks.push_back(d.rank);
      }
      for (const RankId r : without_padding(lowering, group, ranks))
        dimensions.push_back(
            group_rank(lowering, group, r,
                       lowering.cut_by(static_cast<TensorId>(t), lowering.cascade->base_of(r))));
    }
    for (LoweredStep& step : group.steps) {
      for (const EinsumId e : step.einsums)
        step.points.push_back(step_points(lowering, group, step, e));
      for (const TensorId t : step.writes)
        step.uses.push_back(tensor_use(lowering, group, step, t));
      for (const TensorId t : step.reads) step.uses.push_back(tensor_use(lowering, group, step, t));
      for (const int l : step.loops) step.loop_bits |= 1u << l;
      for (const TensorUse& use : step.uses) {
        const bool known =
            std::any_of(group.uses.begin(), group.uses.end(),
                        [&](const TensorUse& other) { return other.tensor == use.tensor; });
        if (!known) group.uses.push_back(use);
      }
    }
  }
  tile_operands(lowering);
}

void adapt(Lowering& lowering, const Architecture& arch, const Binding& binding) {
  const bool as_timed = prepares_alike(*lowering.arch, arch);
  const bool as_placed = lowering.binding == &binding || has_one_place_each(lowering);
  lowering.arch = &arch;
  std::size_t next = 0;
  for (const auto& [name, array] : arch.arrays) lowering.arrays[next++] = &array;
  if (lowering.binding != &binding) take_numbers(lowering, binding);
  lowering.tiles_in_flight = tiles_in_flight(lowering, arch, binding, {});
  const bool prepared = !lowering.groups.front().dimensions.empty();
  if ((as_timed && as_placed) || !prepared) return;
  for (LoweredGroup& group : lowering.groups) {
    for (LoweredStep& step : group.steps) {
      step.operands.clear();
      for (StepPoints& points : step.points) {
        points.cycles = points.extra_latency = 0;
        point_time(lowering.arrays[step.array]->operations, points);
      }
    }
  }
  tile_operands(lowering);
}

Lowering lower_and_prepare(const Architecture& arch, const Binding& binding,
                           const einsum::Cascade& cascade, const config::Origins& binding_origins) {
  Lowering lowering = lower(arch, binding, cascade, binding_origins);
  prepare(lowering);
  return lowering;
}

}  // namespace weft::engine
