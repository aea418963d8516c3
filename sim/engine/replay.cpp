#include "sim/engine/replay.hpp"

#include <algorithm>
#include <limits>

#include "models/einsum/domain.hpp"
#include "models/einsum/side_by_side.hpp"
#include "sim/engine/generations.hpp"

namespace weft::sim::engine {

using einsum::kNone;
using einsum::RankId;
using einsum::TensorId;
using weft::engine::ExpMethod;
using weft::engine::LoweredStep;

namespace {

// What tensors between input and output may take, in bytes, and how many coordinates of the rank in
// blocks pay for a row.
constexpr std::int64_t kBlockBudget = 16 << 20;
constexpr std::int64_t kLeastBlock = 16;

numerics::Bf16Arithmetic arithmetic_of(const weft::engine::Array& array,
                                       const std::vector<numerics::Format>& formats) {
  const auto& exp = array.operations.exp;
  if (exp && exp->method == ExpMethod::segments) {
    return numerics::Bf16Arithmetic(formats, numerics::ExpMethod::segments,
                                    static_cast<int>(*exp->segments));
  }
  return numerics::Bf16Arithmetic(formats);
}

// As a firing stores them. Integers with scales of whole rows are made where rows leave
// (operands.hpp).
std::vector<numerics::Format> formats_of(const weft::engine::Lowering& lowering) {
  std::vector<numerics::Format> formats;
  for (const auto& tensor : lowering.tensors)
    formats.push_back(tensor.format.rounds_alone() ? tensor.format : numerics::Format::fp32);
  return formats;
}

}  // namespace

Replay::Replay(const weft::engine::Schedule& schedule, std::vector<double> scalars)
    : schedule_(schedule),
      lowering_(*schedule.lowering),
      sizing_(*schedule.sizing),
      cascade_(einsum::side_by_side(*lowering_.cascade, lowering_.queries, sizing_.together)),
      scalars_(std::move(scalars)),
      blocks_(einsum::choose_blocks(cascade_, sizing_.extents, sizeof(float), kBlockBudget,
                                    kLeastBlock)),
      separable_(einsum::separable_ranks(cascade_)) {
  const std::vector<numerics::Format> formats = formats_of(lowering_);
  for (const auto* array : lowering_.arrays) {
    arithmetics_.push_back(
        std::make_unique<numerics::Bf16Arithmetic>(arithmetic_of(*array, formats)));
    partials_.push_back(
        std::make_unique<numerics::Bf16Arithmetic>(arithmetic_of(*array, partial_formats())));
  }
  for (std::size_t e = 0; e < cascade_.einsums.size(); ++e)
    kernels_.push_back(
        std::make_unique<KernelType>(cascade_, static_cast<int>(e), sizing_.extents, blocks_));
  for (std::size_t g = 0; g < lowering_.groups.size(); ++g) {
    std::vector<Stage>& stages = stages_.emplace_back();
    for (std::size_t s = 0; s < lowering_.groups[g].stages.size(); ++s)
      stages.push_back(stage_of(g, s));
  }
}

// What a step sums over tiles of the pass rank is rounded to its format once, at the last of them.
std::vector<numerics::Format> Replay::partial_formats() const {
  std::vector<numerics::Format> formats = formats_of(lowering_);
  for (std::size_t g = 0; g < lowering_.groups.size(); ++g) {
    for (const LoweredStep& step : lowering_.groups[g].steps) {
      for (const auto e : step.einsums) {
        if (sums_over_tiles(lowering_, g, e))
          formats[static_cast<std::size_t>(cascade_.einsums[e].outputs[0].tensor)] =
              numerics::Format::fp32;
      }
    }
  }
  return formats;
}

Replay::Step Replay::step_of(std::size_t g, const LoweredStep& lowered) const {
  Step step{.array = lowered.array,
            .reduces_tiles = lowered.reduces_tiles,
            .works = {},
            .last_generations = {}};
  for (const auto e : lowered.einsums) {
    const einsum::Einsum& einsum = cascade_.einsums[e];
    Work& work = step.works.emplace_back(Work{
        e, einsum::runs_in_blocks(cascade_, e, blocks_), sums_over_tiles(lowering_, g, e), {}});
    for (const RankId r : einsum.iteration)
      work.ranges.emplace_back(lowering_, sizing_, g, lowered.loops, r, false);
    if (!sizing_.masked) continue;
    for (const einsum::Access& access : einsum.inputs) {
      for (std::size_t d = 0; d < access.indices.size(); ++d) {
        if (access.indices[d].last_generation && ends_with_queries(lowering_, access.tensor))
          step.last_generations.push_back(
              {access.tensor, d, queries_of(lowering_, sizing_, g, lowered.loops, access.tensor)});
      }
    }
  }
  return step;
}

void Replay::block_loops(std::size_t g, Stage& stage) const {
  const auto& group = lowering_.groups[g];
  const auto runs = [&](int l) {
    return l != kNone && std::find(stage.loops.begin(), stage.loops.end(), l) != stage.loops.end();
  };
  for (std::size_t i = 0; i < group.tiled.size(); ++i) {
    if (group.tiled[i].base != blocks_.rank) continue;
    if (runs(group.tiled[i].block_loop)) stage.block_loop = group.tiled[i].block_loop;
    if (runs(group.tiled[i].tile_loop)) stage.tile_loop = group.tiled[i].tile_loop;
    stage.size = sizing_.groups[g].ranks[i];
  }
}

Replay::Stage Replay::stage_of(std::size_t g, std::size_t s) const {
  const auto& group = lowering_.groups[g];
  Stage stage;
  stage.loops = group.stages[s].loops;
  for (const LoweredStep& step : group.steps) {
    if (step.stage == static_cast<int>(s)) stage.steps.push_back(step_of(g, step));
  }
  if (blocks_.rank != kNone) block_loops(g, stage);
  // Tiles of a rank whose coordinates never meet give the same values run as one; a mask may treat
  // them differently.
  const auto& inner = group.loops[static_cast<std::size_t>(stage.loops.back())];
  const bool separable =
      std::find(separable_.begin(), separable_.end(), inner.base) != separable_.end();
  const auto writes_it = [&](const Step& step) {
    return std::all_of(step.works.begin(), step.works.end(), [&](const Work& work) {
      const auto& dimensions =
          cascade_.tensors[cascade_.einsums[work.einsum].outputs[0].tensor].dimensions;
      return std::any_of(dimensions.begin(), dimensions.end(),
                         [&](const auto& d) { return d.rank == inner.base; });
    });
  };
  if (!sizing_.masked && stage.loops.size() > 1 && inner.level == 1 && separable &&
      inner.base != group.pass_rank &&
      std::all_of(stage.steps.begin(), stage.steps.end(), writes_it))
    stage.merged = stage.loops.back();
  return stage;
}

// Room for what lies between inputs and outputs; NaN where nothing has been computed.
void Replay::hold(std::vector<Tensor>& tensors) {
  held_.resize(tensors.size());
  pointers_.assign(tensors.size(), nullptr);
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    const auto id = static_cast<TensorId>(t);
    if (cascade_.tensors[t].role == einsum::TensorRole::input) {
      check(static_cast<std::int64_t>(tensors[t].size()) ==
                einsum::tensor_elements(cascade_, id, sizing_.extents),
            "an input has its tensor's elements");
      pointers_[t] = tensors[t].data();
      continue;
    }
    held_[t].assign(
        static_cast<std::size_t>(einsum::held_elements(cascade_, id, sizing_.extents, blocks_)),
        std::numeric_limits<float>::quiet_NaN());
    if (cascade_.tensors[t].initial)
      einsum::fill_initial(cascade_, id, sizing_.extents, held_[t].data(), *arithmetics_[0],
                           blocks_);
    pointers_[t] = held_[t].data();
  }
}

// Tiles that the mask leaves out are never computed: who reads across them finds what the mask says
// stands there.
void Replay::fill_hidden() {
  for (const einsum::Einsum& einsum : cascade_.einsums) {
    if (!sizing_.masked || !einsum.mask) continue;
    const TensorId t = einsum.outputs[0].tensor;
    hidden_rows(held_[static_cast<std::size_t>(t)], t, static_cast<float>(einsum.mask->otherwise));
  }
}

void Replay::hidden_rows(Tensor& data, TensorId t, float otherwise) const {
  const auto& dimensions = cascade_.tensors[t].dimensions;
  const auto shape = einsum::held_shape(cascade_, t, sizing_.extents, blocks_);
  // By how much key · together − row grows along each dimension; the innermost is walked in one
  // run.
  std::vector<std::int64_t> slopes;
  std::int64_t origin = 0;
  for (const einsum::Dimension& d : dimensions) {
    const RankId base = cascade_.base_of(d.rank);
    slopes.push_back(base == lowering_.mask_key
                         ? einsum::part_stride(cascade_, d.rank, sizing_.extents) * sizing_.together
                     : base == lowering_.mask_query ? -1
                                                    : 0);
    if (base == lowering_.mask_query && d.rank == blocks_.rank) origin -= block_.begin;
  }
  const std::int64_t width = shape.back();
  for (std::int64_t row = 0; row < static_cast<std::int64_t>(data.size()) / width; ++row) {
    std::int64_t ahead = origin - sizing_.mask_offset;  // of the mask: hidden where above 0
    std::int64_t left = row;
    for (std::size_t d = shape.size() - 1; d-- > 0; left /= shape[d])
      ahead += left % shape[d] * slopes[d];
    const einsum::Span hidden =
        einsum::solve(slopes.back(), ahead - 1, einsum::kUnbounded, {0, width});
    std::fill(data.begin() + row * width + hidden.begin,
              data.begin() + row * width + std::max(hidden.begin, hidden.end), otherwise);
  }
}

void Replay::run(std::int64_t head, std::vector<Tensor>& tensors,
                 const std::function<void(double)>& between) {
  hold(tensors);
  at_ = {};
  at_[0] = head;
  if (blocks_.rank == kNone) {
    fill_hidden();
    pass(Only::once);
    write_back(tensors);
    return between(1);
  }
  pass(Only::once);
  const std::int64_t extent = sizing_.extents[blocks_.rank];
  for (std::int64_t begin = 0; begin < extent; begin += blocks_.size) {
    block_ = {begin, std::min(extent, begin + blocks_.size)};
    fill_hidden();
    pass(Only::in_blocks);
    write_back(tensors);
    between(static_cast<double>(block_.end) / static_cast<double>(extent));
  }
  block_ = {};
}

void Replay::pass(Only only) {
  for (std::size_t g = 0; g < stages_.size(); ++g) {
    for (const Stage& stage : stages_[g]) {
      const bool any = std::any_of(stage.steps.begin(), stage.steps.end(), [&](const Step& step) {
        return std::any_of(step.works.begin(), step.works.end(),
                           [&](const Work& w) { return w.in_blocks == (only == Only::in_blocks); });
      });
      if (any) walk(g, stage, 1, only);
    }
  }
}

// A loop's trips, of the rank in blocks those that the block meets.
Range Replay::trips(std::size_t g, const Stage& stage, std::size_t index, Only only) const {
  const int loop = stage.loops[index];
  const auto all = trip_range(lowering_, sizing_, g, stage.loops, loop, at_);
  Range range{all.begin, all.end};
  if (only == Only::once || (loop != stage.block_loop && loop != stage.tile_loop)) return range;
  std::int64_t first = block_.begin / stage.size.tile;
  std::int64_t last = (block_.end - 1) / stage.size.tile;
  if (loop == stage.block_loop) {
    first /= stage.size.block;
    last /= stage.size.block;
  } else if (stage.block_loop != kNone) {
    const std::int64_t before = at_[static_cast<std::size_t>(stage.block_loop)] * stage.size.block;
    first -= before;
    last -= before;
  }
  return {std::max(range.begin, first), std::min(range.end, last + 1)};
}

void Replay::walk(std::size_t g, const Stage& stage, std::size_t index, Only only) {
  if (index == stage.loops.size()) return fire(g, stage, only);
  const int loop = stage.loops[index];
  const Range range = trips(g, stage, index, only);
  std::int64_t& at = at_[static_cast<std::size_t>(loop)];
  if (loop == stage.merged && range.begin < range.end) {
    at = range.begin;
    merged_end_ = range.end;
    return walk(g, stage, index + 1, only);
  }
  for (at = range.begin; at < range.end; ++at) walk(g, stage, index + 1, only);
}

void Replay::fire(std::size_t g, const Stage& stage, Only only) {
  weft::engine::Coordinates last = at_;
  if (stage.merged != kNone) last[static_cast<std::size_t>(stage.merged)] = merged_end_ - 1;
  for (const Step& step : stage.steps) {
    if (!step.last_generations.empty()) last_generation(g, step);
    bool later = false;
    numerics::Bf16Arithmetic* arithmetic = arithmetics_[static_cast<std::size_t>(step.array)].get();
    if (step.reduces_tiles) {
      later = tile_of_pass(lowering_, sizing_, g, at_) > 0;
      if (!last_tile(lowering_, sizing_, g, stage.loops, at_))
        arithmetic = partials_[static_cast<std::size_t>(step.array)].get();
    }
    for (const Work& work : step.works) {
      if (work.in_blocks != (only == Only::in_blocks)) continue;
      const std::vector<RankId>& iteration = cascade_.einsums[work.einsum].iteration;
      box_.begin.resize(iteration.size());
      box_.end.resize(iteration.size());
      bool empty = false;
      for (std::size_t v = 0; v < iteration.size(); ++v) {
        Range range{work.ranges[v].at(at_).begin, work.ranges[v].at(last).end};
        if (work.in_blocks && iteration[v] == blocks_.rank)
          range = {std::max(range.begin, block_.begin), std::min(range.end, block_.end)};
        box_.begin[v] = range.begin;
        box_.end[v] = range.end;
        empty = empty || range.begin >= range.end;
      }
      if (!empty)
        kernels_[static_cast<std::size_t>(work.einsum)]->run(
            box_, pointers_, scalars_, later && work.sums_tiles, *arithmetic, block_.begin);
    }
  }
}

// A masked query tile stops before the last tile of the pass rank: its last generation is the one
// it reached.
void Replay::last_generation(std::size_t g, const Step& step) {
  for (const Step::LastGeneration& read : step.last_generations) {
    const RankId rank = cascade_.tensors[read.tensor].dimensions[read.dimension].rank;
    Range queries = read.queries.at(at_);
    const std::int64_t reached = reached_generation(lowering_, sizing_, g, rank, queries);
    if (reached == sizing_.extents[rank]) continue;
    const auto shape = einsum::held_shape(cascade_, read.tensor, sizing_.extents, blocks_);
    std::int64_t inner = 1;
    for (std::size_t k = read.dimension + 1; k < shape.size(); ++k) inner *= shape[k];
    std::int64_t outer = 1;
    for (std::size_t k = 0; k < read.dimension; ++k) outer *= shape[k];
    // The query's coordinate is the innermost; the others are walked whole.
    if (cascade_.tensors[read.tensor].dimensions.back().rank == blocks_.rank) {
      queries = {std::max(queries.begin, block_.begin) - block_.begin,
                 std::min(queries.end, block_.end) - block_.begin};
    }
    float* data = held_[static_cast<std::size_t>(read.tensor)].data();
    const std::int64_t from = shape[read.dimension];
    const std::int64_t width = shape.back();
    for (std::int64_t o = 0; o < outer; ++o) {
      float* to = data + (o * from + from - 1) * inner;
      const float* source = data + (o * from + reached) * inner;
      for (std::int64_t row = 0; row < inner; row += width) {
        for (std::int64_t p = queries.begin; p < queries.end; ++p) to[row + p] = source[row + p];
      }
    }
  }
}

void Replay::write_back(std::vector<Tensor>& tensors) const {
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    if (cascade_.tensors[t].role != einsum::TensorRole::output) continue;
    const auto id = static_cast<TensorId>(t);
    einsum::copy_block(cascade_, id, sizing_.extents, blocks_, block_.begin, held_[t].data(),
                       tensors[t].data());
  }
}

}  // namespace weft::sim::engine
