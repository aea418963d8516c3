#include "sim/engine/values.hpp"

#include <algorithm>
#include <cctype>
#include <limits>

namespace weft::sim::engine {

using einsum::kNone;
using einsum::RankId;
using einsum::TensorId;
using weft::engine::Coordinates;
using weft::engine::ExpMethod;
using weft::engine::ScheduledStep;
using weft::engine::StepKind;

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

numerics::Bf16Arithmetic arithmetic_of(const weft::engine::Array& array, const std::vector<numerics::Format>& formats) {
  const auto& exp = array.operations.exp;
  if (exp && exp->method == ExpMethod::segments) {
    return numerics::Bf16Arithmetic(formats, numerics::ExpMethod::segments, static_cast<int>(*exp->segments));
  }
  return numerics::Bf16Arithmetic(formats);
}

}  // namespace

Values::Values(const weft::engine::Schedule& schedule, const workload::Trace& trace)
    : schedule_(schedule), lowering_(*schedule.lowering), sizing_(*schedule.sizing), trace_(trace) {
  const einsum::Cascade& cascade = *lowering_.cascade;
  std::vector<numerics::Format> formats;
  for (const auto& tensor : lowering_.tensors) formats.push_back(tensor.format);
  for (const auto* array : lowering_.arrays) {
    arithmetics_.push_back(std::make_unique<numerics::Bf16Arithmetic>(arithmetic_of(*array, formats)));
    partials_.push_back(std::make_unique<numerics::Bf16Arithmetic>(arithmetic_of(*array, partial_formats())));
  }
  for (std::size_t e = 0; e < cascade.einsums.size(); ++e) {
    kernels_.push_back(std::make_unique<KernelType>(cascade, static_cast<int>(e), sizing_.extents));
  }
  for (const einsum::Scalar& scalar : cascade.scalars) scalars_.push_back(scalar.name == "scale" ? trace.scale : scalar.value);
  for (const einsum::Tensor& tensor : cascade.tensors) {
    const std::string name = lower(tensor.name);
    if (tensor.role == einsum::TensorRole::input && name != "q" && name != "k" && name != "v") {
      throw ConfigError(
          Problem{tensor.where, tensor.name, "", "a trace has Q, K and V; this input of cascade " + cascade.name + " is none of them"});
    }
  }
}

// What a step sums over tiles of the pass rank is rounded to its format once, at the last of them.
std::vector<numerics::Format> Values::partial_formats() const {
  std::vector<numerics::Format> formats;
  for (const auto& tensor : lowering_.tensors) formats.push_back(tensor.format);
  for (const auto& group : lowering_.groups) {
    for (const auto& step : group.steps) {
      for (const auto e : step.einsums) {
        const einsum::Einsum& einsum = lowering_.cascade->einsums[e];
        const bool sums = std::any_of(einsum.reduced.begin(), einsum.reduced.end(),
                                      [&](RankId r) { return lowering_.cascade->base_of(r) == group.pass_rank; });
        if (step.reduces_tiles && sums) formats[static_cast<std::size_t>(einsum.outputs[0].tensor)] = numerics::Format::fp32;
      }
    }
  }
  return formats;
}

bool Values::last_tile(std::size_t g, const std::vector<int>& loops, const Coordinates& at) const {
  for (const int l : loops) {
    if (l == 0 || lowering_.groups[g].loops[static_cast<std::size_t>(l)].base != lowering_.groups[g].pass_rank) continue;
    if (at[static_cast<std::size_t>(l)] + 1 != trip_range(lowering_, sizing_, g, loops, l, at).end) return false;
  }
  return true;
}

bool Values::is_sequence(RankId rank) const {
  const auto quantity = lowering_.quantities[lowering_.cascade->base_of(rank)];
  return quantity == weft::engine::Quantity::seq_q || quantity == weft::engine::Quantity::seq_kv;
}

// A trace holds [sequence, width] rows for each head; a cascade may have them either way round.
void Values::load_input(Head& head, TensorId t, std::int64_t index) const {
  const einsum::Tensor& tensor = lowering_.cascade->tensors[t];
  const workload::Shape& shape = trace_.shape;
  const std::int64_t layer = index / (shape.batch * shape.heads);
  const std::int64_t batch = index / shape.heads % shape.batch;
  const std::int64_t query_head = index % shape.heads;
  const std::string name = lower(tensor.name);
  const auto& source = name == "q" ? trace_.layers[layer].q : name == "k" ? trace_.layers[layer].k : trace_.layers[layer].v;
  const std::int64_t heads = name == "q" ? shape.heads : shape.kv_heads;
  const std::int64_t own_head = name == "q" ? query_head : query_head / (shape.heads / shape.kv_heads);
  const std::int64_t length = name == "q" ? shape.seq_q : shape.seq_kv;
  const std::int64_t width = name == "v" ? shape.width_v : shape.width_qk;
  const float* from = source.data() + (batch * heads + own_head) * length * width;
  const bool rows_first = is_sequence(tensor.dimensions[0].rank);
  Tensor& to = head.dram[t];
  for (std::int64_t i = 0; i < length; ++i) {
    for (std::int64_t j = 0; j < width; ++j) to[rows_first ? i * width + j : j * length + i] = from[i * width + j];
  }
}

// Tiles that the mask leaves out are never computed: who reads across them finds what the mask says stands there.
void Values::fill_masked(Tensor& data, TensorId t) const {
  const einsum::Cascade& cascade = *lowering_.cascade;
  const auto& dimensions = cascade.tensors[t].dimensions;
  const auto shape = einsum::tensor_shape(cascade, t, sizing_.extents);
  const auto otherwise = static_cast<float>(cascade.einsums[lowering_.mask_einsum].mask->otherwise);
  for (std::size_t i = 0; i < data.size(); ++i) {
    std::int64_t key = 0;
    std::int64_t query = 0;
    auto left = static_cast<std::int64_t>(i);
    std::int64_t key_stride = 1;
    for (std::size_t d = shape.size(); d-- > 0;) {
      const RankId base = cascade.base_of(dimensions[d].rank);
      if (base == lowering_.mask_key) {
        key += left % shape[d] * key_stride;
        key_stride *= shape[d];
      } else if (base == lowering_.mask_query) {
        query = left % shape[d];
      }
      left /= shape[d];
    }
    if (key > query + sizing_.mask_offset) data[i] = otherwise;
  }
}

Values::Head& Values::head(std::int64_t index) {
  Head& head = heads_[index];
  if (!head.pointers.empty()) return head;
  const einsum::Cascade& cascade = *lowering_.cascade;
  const float nothing = std::numeric_limits<float>::quiet_NaN();
  const bool first_time = head.dram.empty();
  head.dram.resize(cascade.tensors.size());
  head.chip.resize(cascade.tensors.size());
  for (std::size_t t = 0; t < cascade.tensors.size(); ++t) {
    const auto id = static_cast<TensorId>(t);
    const auto elements = static_cast<std::size_t>(einsum::tensor_elements(cascade, id, sizing_.extents));
    const bool input = cascade.tensors[t].role == einsum::TensorRole::input;
    if (first_time && (input || residency(lowering_, sizing_, id).at == "dram")) head.dram[t].assign(elements, nothing);
    if (first_time && input) load_input(head, id, index);
    head.chip[t].assign(elements, nothing);
    if (sizing_.masked && cascade.einsums[lowering_.mask_einsum].outputs[0].tensor == id) {
      fill_masked(head.chip[t], id);
      if (first_time && !head.dram[t].empty()) fill_masked(head.dram[t], id);
    }
    if (cascade.tensors[t].initial) einsum::fill_initial(cascade, id, sizing_.extents, head.chip[t].data(), *arithmetics_[0]);
    head.pointers.push_back(head.chip[t].data());
  }
  // What is on chip belongs to the few heads in flight; a later group begins with nothing there.
  constexpr std::int64_t kHeadsInFlight = 16;
  if (const auto old = heads_.find(index - kHeadsInFlight); old != heads_.end()) {
    old->second.chip.clear();
    old->second.pointers.clear();
  }
  return head;
}

// Coordinates of `rank` that one iteration of the innermost of `loops` covers.
std::pair<std::int64_t, std::int64_t> Values::range_of(RankId r, bool composite, std::size_t g, const std::vector<int>& loops,
                                                       const Coordinates& at) const {
  const auto& group = lowering_.groups[g];
  const einsum::Rank& rank = lowering_.cascade->ranks[r];
  const auto runs = [&](int l) { return l != kNone && std::find(loops.begin(), loops.end(), l) != loops.end(); };
  for (std::size_t i = 0; i < group.tiled.size(); ++i) {
    if (group.tiled[i].base != lowering_.cascade->base_of(r)) continue;
    const auto& size = sizing_.groups[g].ranks[i];
    const bool block = runs(group.tiled[i].block_loop);
    const bool tile = runs(group.tiled[i].tile_loop);
    const std::int64_t first = (block ? at[group.tiled[i].block_loop] * size.block : 0) + (tile ? at[group.tiled[i].tile_loop] : 0);
    const std::int64_t last = std::min(size.tiles, first + (tile ? 1 : block ? size.block : size.tiles));
    if (rank.kind == einsum::RankKind::partition && !composite) {
      return rank.level > 0 ? std::pair{first, last} : std::pair{std::int64_t{0}, size.tile};
    }
    return {first * size.tile, std::min(size.extent, last * size.tile)};
  }
  return {0, sizing_.extents[r]};
}

void Values::execute(const matmul::Command& command) {
  const auto& group = schedule_.groups[static_cast<std::size_t>(command.group)];
  const ScheduledStep& step = group.steps[static_cast<std::size_t>(command.step)];
  const auto& lowered = lowering_.groups[group.group].steps[static_cast<std::size_t>(step.lowered)];
  Head& own = head(command.at[0]);
  last_generation(own, step, group.group, command.at);
  std::int64_t index = 0;
  const auto& tiled = lowering_.groups[group.group];
  for (std::size_t i = 0; i < tiled.tiled.size(); ++i) {
    if (tiled.tiled[i].base == tiled.pass_rank) index = tile_index(tiled, sizing_.groups[group.group], i, command.at);
  }
  const bool partial = lowered.reduces_tiles && !last_tile(group.group, step.loops, command.at);
  numerics::Bf16Arithmetic& arithmetic = *(partial ? partials_ : arithmetics_)[static_cast<std::size_t>(lowered.array)];
  for (const auto e : lowered.einsums) {
    const einsum::Einsum& einsum = lowering_.cascade->einsums[e];
    box_.begin.clear();
    box_.end.clear();
    for (const RankId r : einsum.iteration) {
      const auto [begin, end] = range_of(r, false, group.group, step.loops, command.at);
      box_.begin.push_back(begin);
      box_.end.push_back(end);
    }
    kernels_[e]->run(box_, own.pointers, scalars_, lowered.reduces_tiles && index > 0, arithmetic);
  }
}

// A masked query tile stops before the last tile of the pass rank: its last generation is the one it reached.
void Values::last_generation(Head& head, const ScheduledStep& step, std::size_t g, const Coordinates& at) const {
  if (!sizing_.masked) return;
  const einsum::Cascade& cascade = *lowering_.cascade;
  const auto& lowered = lowering_.groups[g].steps[static_cast<std::size_t>(step.lowered)];
  for (const auto e : lowered.einsums) {
    for (const einsum::Access& access : cascade.einsums[e].inputs) {
      for (std::size_t d = 0; d < access.indices.size(); ++d) {
        if (!access.indices[d].last_generation) continue;
        const RankId rank = cascade.tensors[access.tensor].dimensions[d].rank;
        const auto shape = einsum::tensor_shape(cascade, access.tensor, sizing_.extents);
        std::int64_t inner = 1;
        for (std::size_t k = d + 1; k < shape.size(); ++k) inner *= shape[k];
        std::int64_t outer = 1;
        for (std::size_t k = 0; k < d; ++k) outer *= shape[k];
        // The query's coordinate is the innermost; the others are walked whole.
        const RankId query = cascade.tensors[access.tensor].dimensions.back().rank;
        check(cascade.base_of(query) == lowering_.mask_query, "a generational tensor under a mask ends with the query rank");
        const auto [from, to] = range_of(query, true, g, step.loops, at);
        const std::int64_t tile =
            sizing_.groups[g].ranks[0].base == lowering_.mask_key ? sizing_.groups[g].ranks[0].tile : sizing_.groups[g].ranks[1].tile;
        const std::int64_t reached = std::min(sizing_.extents[rank], (to - 1 + sizing_.mask_offset) / tile + 1);
        if (reached == sizing_.extents[rank]) continue;
        float* data = head.chip[access.tensor].data();
        const std::int64_t last = shape[d] - 1;
        for (std::int64_t o = 0; o < outer; ++o) {
          for (std::int64_t p = from; p < to; ++p) data[(o * shape[d] + last) * inner + p] = data[(o * shape[d] + reached) * inner + p];
        }
      }
    }
  }
}

void Values::copy_region(const Tensor& from, Tensor& to, TensorId t, std::size_t g, const std::vector<int>& loops,
                         const Coordinates& at) const {
  const einsum::Tensor& tensor = lowering_.cascade->tensors[t];
  const auto shape = einsum::tensor_shape(*lowering_.cascade, t, sizing_.extents);
  std::vector<std::int64_t> begin;
  std::vector<std::int64_t> end;
  for (const einsum::Dimension& d : tensor.dimensions) {
    const auto [b, e] = range_of(d.rank, false, g, loops, at);
    begin.push_back(b);
    end.push_back(e);
  }
  std::vector<std::int64_t> index = begin;
  while (true) {
    std::int64_t offset = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) offset = offset * shape[d] + index[d];
    const std::int64_t run = end.back() - begin.back();
    std::copy_n(from.begin() + offset, run, to.begin() + offset);
    std::size_t d = shape.size() - 1;
    while (d > 0) {
      --d;
      if (++index[d] < end[d]) break;
      index[d] = begin[d];
      if (d == 0) return;
    }
    if (shape.size() == 1) return;
  }
}

void Values::moved(const memory::Transfer& transfer) {
  const auto& group = schedule_.groups[static_cast<std::size_t>(transfer.group)];
  const ScheduledStep& step = group.steps[static_cast<std::size_t>(transfer.step)];
  Head& own = head(transfer.at[0]);
  Tensor& dram = own.dram[step.tensor];
  Tensor& chip = own.chip[step.tensor];
  if (step.kind == StepKind::load) {
    copy_region(dram, chip, step.tensor, group.group, step.loops, transfer.at);
  } else {
    copy_region(chip, dram, step.tensor, group.group, step.loops, transfer.at);
  }
}

std::vector<std::vector<float>> Values::outputs() const {
  const einsum::Cascade& cascade = *lowering_.cascade;
  const auto output =
      std::find_if(cascade.tensors.begin(), cascade.tensors.end(), [](const auto& t) { return t.role == einsum::TensorRole::output; });
  check(output != cascade.tensors.end(), "a cascade has an output");
  const auto t = static_cast<TensorId>(output - cascade.tensors.begin());
  const workload::Shape& shape = trace_.shape;
  const std::int64_t length = shape.seq_q;
  const std::int64_t width = shape.width_v;
  const bool rows_first = is_sequence(output->dimensions[0].rank);
  std::vector<std::vector<float>> layers(trace_.layers.size());
  for (const auto& [index, head] : heads_) {
    auto& layer = layers[static_cast<std::size_t>(index / (shape.batch * shape.heads))];
    layer.resize(static_cast<std::size_t>(shape.batch * shape.heads * length * width));
    float* to = layer.data() + index % (shape.batch * shape.heads) * length * width;
    for (std::int64_t i = 0; i < length; ++i) {
      for (std::int64_t j = 0; j < width; ++j) to[i * width + j] = head.dram[t][rows_first ? i * width + j : j * length + i];
    }
  }
  return layers;
}

}  // namespace weft::sim::engine
