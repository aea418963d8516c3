// What a walk over tiles can carry: sums over one cut rank, one generation a tile, reads that stay
// within their tile, and tiles that a mask leaves out. What it can't is refused, with the line of
// the binding or the cascade.
#include <algorithm>
#include <cmath>
#include <limits>

#include "models/einsum/operators.hpp"
#include "models/engine/binding/lowerer.hpp"

namespace weft::engine {

using einsum::Access;
using einsum::Dimension;
using einsum::Einsum;
using einsum::Index;

bool LoweredGroup::one_generation(const einsum::Cascade& cascade, RankId rank) const {
  const RankId base = cascade.base_of(rank);
  const auto found =
      std::find_if(tiled.begin(), tiled.end(), [&](const TiledRank& t) { return t.base == base; });
  if (found == tiled.end()) return false;
  if (base != rank) return cascade.ranks[base].parts.front() == rank;
  return found->tiling.tile.kind == Size::Kind::number && found->tiling.tile.number == 1 &&
         !found->tiling.times;
}

namespace {

bool is_cut(const LoweredGroup& group, RankId base) {
  return std::any_of(group.tiled.begin(), group.tiled.end(),
                     [&](const TiledRank& t) { return t.base == base; });
}

bool runs_over(const LoweredGroup& group, const LoweredStep& step, RankId base) {
  return std::any_of(step.loops.begin(), step.loops.end(),
                     [&](int l) { return l > 0 && group.loops[l].base == base; });
}

// The tile's own coordinates of a rank: its variable, or all of its partitions.
bool stays_in_tile(const einsum::Cascade& cascade, const Dimension& dimension, const Index& index) {
  if (dimension.generational || index.last_generation) return true;
  if (index.composite) return true;
  return index.terms.size() == 1 && index.terms[0].coefficient == 1 && index.constant == 0 &&
         index.extents.empty() &&
         cascade.base_of(index.terms[0].rank) == cascade.base_of(dimension.rank);
}

std::string tile_text(const Tiling& tiling) {
  return canonical_text(tiling.tile) +
         (tiling.times ? " times " + std::to_string(tiling.times->front()) : "");
}

}  // namespace

void Lowerer::tile_rules(const std::string& path, const LoweredGroup& group) {
  if (group.loops.size() > static_cast<std::size_t>(kMostLoops)) {
    add(path + ".loops", std::to_string(group.loops.size() + 1),
        "too many loops; a group has at most " + std::to_string(kMostLoops - 1) + " beside b, h");
  }
  for (std::size_t s = 0; s < group.steps.size(); ++s) {
    const LoweredStep& step = group.steps[s];
    const std::string at = path + ".steps[" + std::to_string(s) + "]";
    for (const EinsumId e : step.einsums) {
      sums_over_one(at, group, e);
      chain_order(at, step, e);
      for (const Access& access : cascade_.einsums[e].inputs) {
        reads_own_tile(at, group, step, access);
        reads_made_generation(at, group, s, e, access);
      }
    }
  }
  for (const LoweredStep& step : group.steps) {
    for (const TensorId t : step.writes) spills_in_time(group, step, t);
  }
}

// Sums over tiles, and generations over tiles, run along the pass rank alone.
void Lowerer::sums_over_one(const std::string& path, const LoweredGroup& group, EinsumId e) {
  const Einsum& einsum = cascade_.einsums[e];
  const std::string& name = cascade_.tensors[einsum.outputs[0].tensor].name;
  const auto refuse = [&](RankId rank, const std::string& does) {
    const RankId base = cascade_.base_of(rank);
    if (base == group.pass_rank || !is_cut(group, base)) return;
    add(path, name,
        does + cascade_.ranks[base].name + ", which is cut here, and so is " +
            cascade_.ranks[group.pass_rank].name + ", whose loop of " +
            "reductions or generations is further out; a group cuts one such rank: leave the other "
            "whole (not under tiles)");
  };
  for (const RankId rank : einsum.reduced) {
    const bool within =
        cascade_.ranks[rank].kind == einsum::RankKind::partition && cascade_.ranks[rank].level == 0;
    if (within) continue;  // of one tile
    if (output_has_base(e, cascade_.base_of(rank)) && is_cut(group, cascade_.base_of(rank))) {
      add(path, name,
          "adds up tiles of " + cascade_.ranks[cascade_.base_of(rank)].name +
              " coordinate by coordinate (over " + cascade_.ranks[rank].name +
              "); the engine sums a tile as a whole, or all of them");
      continue;
    }
    refuse(rank, "reduces over ");
  }
  for (const Dimension& d : cascade_.tensors[einsum.outputs[0].tensor].dimensions) {
    if (d.generational) refuse(d.rank, "has generations along ");
  }
}

// Einsums of a chain run one behind the other.
void Lowerer::chain_order(const std::string& path, const LoweredStep& step, EinsumId e) {
  const auto own = std::find(step.einsums.begin(), step.einsums.end(), e);
  for (const Access& access : cascade_.einsums[e].inputs) {
    const EinsumId writer = cascade_.tensors[access.tensor].defined_by;
    if (writer == e || std::find(own, step.einsums.end(), writer) == step.einsums.end() ||
        is_generational(access.tensor))
      continue;
    add(path + ".einsums", cascade_.tensors[cascade_.einsums[e].outputs[0].tensor].name,
        "stands before " + cascade_.tensors[access.tensor].name +
            ", which it reads; a chain is written in the order in which it runs");
  }
}

void Lowerer::reads_own_tile(const std::string& path, const LoweredGroup& group,
                             const LoweredStep& step, const Access& access) {
  const einsum::Tensor& tensor = cascade_.tensors[access.tensor];
  for (std::size_t d = 0; d < access.indices.size(); ++d) {
    const RankId base = cascade_.base_of(tensor.dimensions[d].rank);
    if (!runs_over(group, step, base) ||
        stays_in_tile(cascade_, tensor.dimensions[d], access.indices[d]))
      continue;
    add(path, step.name,
        "reads " + tensor.name + " outside its own tile of " + cascade_.ranks[base].name +
            " (an index with an offset, a factor or a window); leave " +
            cascade_.ranks[base].variable + " whole: not under tiles");
  }
}

// Where a tile holds several generations, one that an Einsum makes later is not there for one that
// runs before it.
void Lowerer::reads_made_generation(const std::string& path, const LoweredGroup& group,
                                    std::size_t s, EinsumId e, const Access& access) {
  const einsum::Tensor& tensor = cascade_.tensors[access.tensor];
  if (!is_generational(access.tensor) || tensor.defined_by == e) return;
  for (std::size_t d = 0; d < access.indices.size(); ++d) {
    const Dimension& dimension = tensor.dimensions[d];
    if (!dimension.generational || access.indices[d].last_generation ||
        access.indices[d].constant != 0)
      continue;
    if (group.one_generation(cascade_, dimension.rank)) continue;
    const std::vector<EinsumId>& chain = group.steps[s].einsums;
    const auto own = std::find(chain.begin(), chain.end(), e);
    bool later = std::find(own, chain.end(), tensor.defined_by) != chain.end();
    for (std::size_t o = s + 1; o < group.steps.size(); ++o) {
      const std::vector<TensorId>& writes = group.steps[o].writes;
      later = later || std::find(writes.begin(), writes.end(), access.tensor) != writes.end();
    }
    if (!later) continue;
    add(path, group.steps[s].name,
        "reads generations of " + tensor.name +
            " that are made after it, and a tile holds several of them; cut " +
            cascade_.ranks[cascade_.base_of(dimension.rank)].variable +
            " into tiles of one generation");
  }
}

// What goes to memory in one stage and comes back in another is stored once an iteration of the
// loops around the passes.
void Lowerer::spills_in_time(const LoweredGroup& group, const LoweredStep& step, TensorId t) {
  const bool back =
      std::any_of(group.steps.begin(), group.steps.end(), [&](const LoweredStep& other) {
        return other.stage != step.stage &&
               std::find(other.reads.begin(), other.reads.end(), t) != other.reads.end();
      });
  for (const Residency& choice : out_.tensors[t].choices) {
    if (!back || choice.at != "dram" || hold_loop(group, choice, step.loops) >= group.pass_loop - 1)
      continue;
    add("tensors." + cascade_.tensors[t].name + ".hold", choice.hold.value_or(""),
        "it is read again in a later pass of group " + group.name +
            ", and would not be stored by then; hold it for " +
            (group.pass_loop > 1 ? group.loops[static_cast<std::size_t>(group.pass_loop - 1)].name
                                 : "h") +
            " or less");
  }
}

// Partitions of a cascade are the tiles of the binding: two levels, of one size everywhere.
void Lowerer::partitions() {
  for (std::size_t r = 0; r < cascade_.ranks.size(); ++r) {
    const einsum::Rank& rank = cascade_.ranks[r];
    if (rank.parts.empty()) continue;
    if (rank.parts.size() > 2)
      add("cascade", cascade_.name,
          "rank " + rank.name + " has more than two partitions; the engine runs tiles");
    std::string size;
    for (std::size_t g = 0; g < out_.groups.size(); ++g) {
      for (const TiledRank& tiled : out_.groups[g].tiled) {
        if (tiled.base != static_cast<RankId>(r)) continue;
        const std::string at = "groups[" + std::to_string(g) + "].tiles." + rank.variable;
        if (tiled.tiling.tile.kind == Size::Kind::fit)
          add(at + ".tile", "fit",
              "the cascade has partitions of " + rank.name +
                  ", which have the tile's size: give a size");
        if (!size.empty() && size != tile_text(tiled.tiling))
          add(at + ".tile", tile_text(tiled.tiling),
              "the cascade's partitions of " + rank.name + " have one size; another group says " +
                  size);
        size = tile_text(tiled.tiling);
      }
    }
    if (size.empty())
      add("groups", "",
          "the cascade has partitions of " + rank.name + ": cut " + rank.variable +
              " under tiles of a group");
  }
}

// Whether a tensor has one value for each tile of a rank that the group does not cut.
bool Lowerer::counts_tiles(TensorId t, const LoweredGroup& group) const {
  const std::vector<Dimension>& dimensions = cascade_.tensors[t].dimensions;
  return std::any_of(dimensions.begin(), dimensions.end(), [&](const Dimension& d) {
    const RankId base = cascade_.base_of(d.rank);
    if (base == d.rank || d.rank != cascade_.ranks[base].parts.front() || is_cut(group, base))
      return false;
    return std::none_of(dimensions.begin(), dimensions.end(), [&](const Dimension& o) {
      return o.rank == cascade_.ranks[base].parts.back();
    });
  });
}

// Generations, and what stands for whole tiles, stay on chip: a slice of memory holds a tensor over
// coordinates of base ranks.
void Lowerer::stays_on_chip() {
  for (std::size_t t = 0; t < cascade_.tensors.size(); ++t) {
    const auto id = static_cast<TensorId>(t);
    // Whole tiles go where they are walked one by one.
    const bool of_tiles =
        std::any_of(out_.groups.begin(), out_.groups.end(), [&](const LoweredGroup& group) {
          const bool reads =
              std::any_of(group.steps.begin(), group.steps.end(), [&](const LoweredStep& step) {
                return std::find(step.reads.begin(), step.reads.end(), id) != step.reads.end();
              });
          return reads && counts_tiles(id, group);
        });
    for (const Residency& choice : out_.tensors[t].choices) {
      const std::string path = "tensors." + cascade_.tensors[t].name + ".at";
      if (choice.at != "dram") continue;
      if (is_generational(id))
        add(path, "dram",
            "a tensor with generations stays on chip; write what leaves into a tensor without "
            "them");
      if (of_tiles)
        add(path, "dram",
            "it has one value for each tile, and a group that does not cut that rank reads it; cut "
            "it there, or reduce before");
    }
  }
}

}  // namespace weft::engine
