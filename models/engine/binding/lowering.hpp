// A binding resolved against its cascade and architecture, once a design: names become ids, Einsums
// are put into stages by their pass, and every rule of the vocabulary is checked with the file and
// line to blame.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/einsum/analysis.hpp"
#include "models/einsum/cascade.hpp"
#include "models/engine/architecture/architecture.hpp"
#include "models/engine/binding/binding.hpp"

namespace weft::engine {

using einsum::EinsumId;
using einsum::kNone;
using einsum::RankId;
using einsum::TensorId;

// A group's bounds, so that a point is sized, walked and simulated without allocation: lower()
// refuses what exceeds them.
inline constexpr int kMostLoops = 8;                       // of a group, bh among them
inline constexpr int kMostTiled = 6;                       // tiled ranks of a group
inline constexpr int kMostTouched = 8;                     // tensors that a step reads or writes
using Coordinates = std::array<std::int64_t, kMostLoops>;  // of loops, by index

// One loop of a group. Loop 0 runs over batches and heads of keys (and layers of a trace; each
// query head, where they are not together); the others over tiles or blocks.
struct Loop {
  std::string name;  // "bh", "p2", "m1"
  RankId base = kNone;
  int level = 0;  // 1: tiles, 2: blocks of tiles
};

struct TiledRank {
  RankId base = kNone;
  Tiling tiling;
  int tile_loop = kNone;  // index into loops; kNone: one tile holds all
  int block_loop = kNone;
};

// A rank as a group sees it.
struct GroupRank {
  RankId rank = kNone;
  int tiled = kNone;   // index into LoweredGroup::tiled; kNone: whole in every tile
  bool outer = false;  // a partition that counts tiles: one in a tile
};

// One Einsum of a step: its ranks, each over an axis of the array or in time, and an element's
// cycles for one point.
enum class Axis : std::uint8_t { rows, columns, lanes, time };
struct StepPoints {
  struct Rank : GroupRank {
    Axis axis = Axis::time;
    bool reduced = false;
  };
  std::vector<Rank> ranks;
  einsum::WorkCounts work{};  // per point
  std::int64_t cycles = 0;
  std::int64_t extra_latency = 0;  // beyond them
};

// A tensor that a step reads or writes; by choice of place, the loop for one of whose iterations it
// is held.
struct TensorUse {
  TensorId tensor = kNone;
  std::vector<int> hold;
};

// An operand of the same tile that another step of the stage makes.
struct TileOperand {
  int producer = 0;          // index into LoweredGroup::steps
  std::int64_t latency = 0;  // on the way
  bool streamed = false;
};

// One Einsum, or a streamed chain of them, on one array.
struct LoweredStep {
  std::vector<EinsumId> einsums;
  int array = 0;  // index into Lowering::array_names
  int stage = 0;
  RankId rows = kNone;  // base or plain rank over the rows of a spatial array
  RankId columns = kNone;
  RankId lanes = kNone;
  TensorId stationary = kNone;  // of a product on a spatial array
  bool product = false;
  std::vector<TensorId> reads;  // tensors from outside the step, each once
  std::vector<TensorId> writes;
  std::vector<int> loops;      // indices of the group's loops that it runs over
  bool reduces_tiles = false;  // its result is complete only after the last tile of a reduced rank
  std::string name;            // "BQK", "LM+RM+SLN"
  // Filled by prepare():
  std::vector<StepPoints> points;  // parallel to einsums
  std::vector<TensorUse> uses;     // writes, then reads
  std::vector<TileOperand> operands;
  unsigned loop_bits = 0;  // of loops
};

// Stage k of a group: the Einsums of one pass that iterate over the pass rank, or those that follow
// its end.
struct Stage {
  int pass = 0;
  bool over_pass_rank = true;
  std::vector<int> loops;
};

struct LoweredGroup {
  std::string name;
  std::vector<Loop> loops;
  std::vector<TiledRank> tiled;
  RankId pass_rank = kNone;  // base rank whose passes separate stages
  int pass_loop = kNone;     // its tile loop; loops before it are outer loops
  std::vector<Stage> stages;
  std::vector<LoweredStep> steps;  // in program order
  std::vector<std::vector<GroupRank>>
      dimensions;               // by tensor, without generations; filled by prepare()
  std::vector<TensorUse> uses;  // each tensor once, as its first step uses it; by prepare()

  // Whether a tile holds one coordinate of the rank: one generation of a tensor along it.
  bool one_generation(const einsum::Cascade& cascade, RankId rank) const;
};

enum class Place : std::uint8_t { buffer, dram, elsewhere };

struct LoweredTensor {
  numerics::Format format = numerics::Format::bf16;
  RankId channel =
      kNone;  // base rank of its last dimension in the order of a trace; kNone: it has no dimension
  std::vector<Residency> choices;
  std::vector<Place> places;  // parallel to choices; filled by prepare()
  int made_in_group = kNone;  // kNone: an input
  RankId window = kNone;      // of an input that comes along another rank: its own base rank,
  RankId along = kNone;       // and the base rank whose tiles bring its
};

struct Lowering {
  const Architecture* arch = nullptr;  // outlive the lowering
  const Binding* binding = nullptr;
  const einsum::Cascade* cascade = nullptr;
  std::vector<std::string> array_names;  // in the map's order
  std::vector<const Array*> arrays;
  std::vector<LoweredGroup> groups;
  std::vector<LoweredTensor> tensors;    // by TensorId
  std::vector<RankExtent> rank_extents;  // by base RankId

  // Whether the base rank is as long as a quantity of the workload.
  bool is(RankId base, Quantity quantity) const {
    return !rank_extents[base].number && rank_extents[base].quantity == quantity;
  }
  std::int64_t tiles_in_flight = 1;
  RankId mask_key = kNone;  // of a mask key <= query + c: the two base ranks
  RankId mask_query = kNone;
  int mask_einsum = kNone;
  // The base rank of the queries, where those of all heads that share keys may lie along it, side
  // by side; kNone where the cascade forbids it, and heads run by themselves.
  RankId queries = kNone;

  // The base rank by whose tiles the tensor's dimension over `base` is cut: its own, but of an
  // input that comes along another.
  RankId cut_by(TensorId tensor, RankId base) const {
    const LoweredTensor& lowered = tensors[static_cast<std::size_t>(tensor)];
    return lowered.along != kNone && base == lowered.window ? lowered.along : base;
  }
};

// Throws ConfigError with every problem found. What is filled by prepare() is empty in it.
Lowering lower(const Architecture& arch, const Binding& binding, const einsum::Cascade& cascade,
               const config::Origins& binding_origins);

// Whether lower() finds the same in both: arrays, kinds, what each can do, contexts and ports. Then
// one lowering serves both, but for what prepare() makes of the numbers in which they differ.
bool lowers_alike(const Architecture& a, const Architecture& b);
// The same of two bindings of the same cascades: they differ in sizes, copies, extents, bits of
// floats, epochs and tiles in flight alone. How many tiles can be in flight is a rule by itself.
bool lowers_alike(const Binding& a, const Binding& b);

// Index of the loop for one of whose iterations the tensor is held in `group`; `loops` are those
// its step runs over.
int hold_loop(const LoweredGroup& group, const Residency& place, const std::vector<int>& loops);

}  // namespace weft::engine
