// Whether the query heads of a group may be rows of one attention: then their keys and values are
// one operand, and a tile takes queries of all of them.
#include <algorithm>
#include <optional>

#include "models/engine/binding/lowerer.hpp"

namespace weft::engine {
namespace {

using einsum::Cascade;
using einsum::Dimension;
using einsum::Einsum;
using einsum::Index;

// The one rank of queries; nothing where several are as long, or the cascade itself cuts it.
RankId rank_of_queries(const Lowering& lowering) {
  RankId queries = kNone;
  for (std::size_t r = 0; r < lowering.cascade->ranks.size(); ++r) {
    const einsum::Rank& rank = lowering.cascade->ranks[r];
    if (rank.base != kNone || !lowering.is(static_cast<RankId>(r), Quantity::seq_q)) continue;
    if (queries != kNone || !rank.parts.empty() || rank.kind != einsum::RankKind::plain)
      return kNone;
    queries = static_cast<RankId>(r);
  }
  return queries;
}

bool has(const einsum::Tensor& tensor, RankId rank) {
  return std::any_of(tensor.dimensions.begin(), tensor.dimensions.end(),
                     [&](const Dimension& d) { return d.rank == rank; });
}

// Whether an access takes the queries by their own coordinate, and no other index moves with it or
// with how many they are.
bool taken_plainly(const Cascade& cascade, const einsum::Access& access, RankId queries) {
  for (std::size_t d = 0; d < access.indices.size(); ++d) {
    const Index& index = access.indices[d];
    const Dimension& dimension = cascade.tensors[access.tensor].dimensions[d];
    const bool plain = !dimension.generational && index.terms.size() == 1 &&
                       index.terms[0].rank == queries && index.terms[0].coefficient == 1 &&
                       index.constant == 0 && index.extents.empty() && index.gathers.empty() &&
                       !index.last_generation && !index.composite;
    const auto names = [&](const std::vector<Index::Term>& terms) {
      return std::any_of(terms.begin(), terms.end(),
                         [&](const Index::Term& term) { return term.rank == queries; });
    };
    const bool moves = names(index.terms) || names(index.extents);
    if (dimension.rank == queries ? !plain : moves) return false;
  }
  return true;
}

// Whether no query of the Einsum sees another's.
bool keeps_apart(const Cascade& cascade, const Einsum& einsum, RankId queries) {
  const auto plainly = [&](const einsum::Access& access) {
    return taken_plainly(cascade, access, queries);
  };
  return plainly(einsum.outputs[0]) &&
         std::all_of(einsum.inputs.begin(), einsum.inputs.end(), plainly) &&
         !einsum.reduces(queries);
}

}  // namespace

void Lowerer::heads() {
  const RankId queries = rank_of_queries(out_);
  if (queries == kNone || (out_.mask_einsum != kNone && out_.mask_query != queries)) return;
  for (const Einsum& einsum : cascade_.einsums) {
    if (!keeps_apart(cascade_, einsum, queries)) return;
  }
  // What lacks the queries is the group's: an input over keys, or made from such.
  for (const einsum::Tensor& tensor : cascade_.tensors) {
    if (tensor.role == einsum::TensorRole::intermediate || has(tensor, queries)) continue;
    const bool of_keys = std::any_of(
        tensor.dimensions.begin(), tensor.dimensions.end(),
        [&](const Dimension& d) { return out_.is(cascade_.base_of(d.rank), Quantity::seq_kv); });
    if (tensor.role == einsum::TensorRole::output || !of_keys) return;
  }
  out_.queries = queries;
}

}  // namespace weft::engine
