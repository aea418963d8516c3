// Inputs that a window reads and that come tile by tile along the queries: K[e,p+w-W+1] of K[E,M]
// with the tiles of p.
#include <algorithm>

#include "models/engine/binding/lowerer.hpp"

namespace weft::engine {

using einsum::Access;
using einsum::Index;

void Lowerer::windows() {
  for (const auto& [name, bound] : binding_.tensors) {
    const TensorId t = cascade_.tensor(name);
    if (t == kNone || !bound.along) continue;
    const std::string path = "tensors." + name + ".along";
    const RankId along = base_rank(*bound.along, path);
    if (along == kNone) continue;
    if (cascade_.tensors[t].role != einsum::TensorRole::input) {
      add(path, *bound.along, "of an input alone; " + name + " is made here");
      continue;
    }
    window(t, path, along);
  }
}

// Finds the dimension that the window moves along, which every reader indexes with the rank once
// and otherwise with what no group cuts.
void Lowerer::window(TensorId t, const std::string& path, RankId along) {
  const std::string& variable = cascade_.ranks[along].variable;
  const auto is_whole = [&](RankId rank) {
    return std::none_of(out_.groups.begin(), out_.groups.end(), [&](const LoweredGroup& group) {
      return std::any_of(group.tiled.begin(), group.tiled.end(), [&](const TiledRank& tiled) {
        return tiled.base == cascade_.base_of(rank);
      });
    });
  };
  const auto moves = [&](const Index& index) {
    const auto own = [&](const Index::Term& term) { return term.rank == along; };
    return !index.composite && std::count_if(index.terms.begin(), index.terms.end(), own) == 1 &&
           std::all_of(index.terms.begin(), index.terms.end(), [&](const Index::Term& term) {
             return own(term) ? term.coefficient == 1 : is_whole(term.rank);
           });
  };
  const auto& dimensions = cascade_.tensors[t].dimensions;
  for (std::size_t d = 0; d < dimensions.size(); ++d) {
    bool all = true;
    for (const einsum::Einsum& einsum : cascade_.einsums) {
      for (const Access& access : einsum.inputs)
        all = all && (access.tensor != t || moves(access.indices[d]));
    }
    const RankId base = cascade_.base_of(dimensions[d].rank);
    if (!all || base == along || !is_whole(base)) continue;
    out_.tensors[t].window = base;
    out_.tensors[t].along = along;
    return;
  }
  add(path, variable,
      "no dimension of " + cascade_.tensors[t].name + " is read through a window along " +
          variable +
          " alone, as in 'p+w-W+1': whole itself, and otherwise indexed with ranks that "
          "are not cut");
}

}  // namespace weft::engine
