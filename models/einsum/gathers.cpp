#include "models/einsum/gathers.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "models/einsum/domain.hpp"

namespace weft::einsum {
namespace {

struct Read {
  const Einsum* einsum = nullptr;
  const Access* access = nullptr;
};

std::vector<Read> reads_of(const Cascade& cascade, TensorId tensor) {
  std::vector<Read> reads;
  for (const Einsum& einsum : cascade.einsums) {
    for (const Access& access : einsum.inputs) {
      if (access.tensor == tensor) reads.push_back({&einsum, &access});
    }
  }
  return reads;
}

// The tensor of one dimension whose values are the index; kNone for any other index.
TensorId list_of(const Cascade& cascade, const Read& read, std::size_t dimension) {
  const Index& index = read.access->indices[dimension];
  if (!index.terms.empty() || !index.extents.empty() || index.constant != 0 ||
      index.gathers.size() != 1 || index.gathers[0].coefficient != 1)
    return kNone;
  const TensorId list = read.einsum->inputs[index.gathers[0].input].tensor;
  const auto& dimensions = cascade.tensors[list].dimensions;
  return dimensions.size() == 1 && !dimensions[0].generational ? list : kNone;
}

// Variables that move an index, through what it gathers too.
void add_variables(const Einsum& einsum, const Index& index, std::set<RankId>& ranks) {
  for (const Index::Term& term : index.terms) ranks.insert(term.rank);
  for (const Index::Gather& gather : index.gathers) {
    for (const Index& inner : einsum.inputs[gather.input].indices)
      add_variables(einsum, inner, ranks);
  }
}

}  // namespace

bool has_gathers(const Cascade& cascade) {
  return std::any_of(cascade.einsums.begin(), cascade.einsums.end(), [](const Einsum& einsum) {
    return std::any_of(einsum.inputs.begin(), einsum.inputs.end(),
                       [](const Access& access) { return access.gathers(); });
  });
}

Cascade without_lists(const Cascade& cascade) {
  Cascade view = cascade;
  for (TensorId t = 0; t < static_cast<TensorId>(cascade.tensors.size()); ++t) {
    if (cascade.tensors[t].defined_by != kNone) continue;
    const std::vector<Read> reads = reads_of(cascade, t);
    for (std::size_t d = 0; d < cascade.tensors[t].dimensions.size(); ++d) {
      const TensorId list = reads.empty() ? kNone : list_of(cascade, reads.front(), d);
      if (list == kNone || !std::all_of(reads.begin(), reads.end(), [&](const Read& read) {
            return list_of(cascade, read, d) == list;
          }))
        continue;
      view.tensors[t].dimensions[d].rank = cascade.tensors[list].dimensions[0].rank;
      for (Einsum& einsum : view.einsums) {
        for (Access& access : einsum.inputs) {
          if (access.tensor == t)
            access.indices[d] = Index(einsum.inputs[access.indices[d].gathers[0].input].indices[0]);
        }
      }
    }
  }
  return view;
}

std::int64_t elements_read(const Cascade& cascade, TensorId tensor, const Extents& extents,
                           std::int64_t elements) {
  // By dimension the list and the variables behind it: reads that share them read the same.
  using Signature = std::vector<std::pair<std::vector<TensorId>, std::set<RankId>>>;
  std::set<Signature> seen;
  std::int64_t total = 0;
  for (const Read& read : reads_of(cascade, tensor)) {
    std::int64_t count = elements;
    Signature signature;
    bool gathers = false;
    for (std::size_t d = 0; d < read.access->indices.size(); ++d) {
      const Index& index = read.access->indices[d];
      auto& [lists, ranks] = signature.emplace_back();
      if (index.gathers.empty()) continue;
      gathers = true;
      for (const Index::Gather& gather : index.gathers)
        lists.push_back(read.einsum->inputs[gather.input].tensor);
      add_variables(*read.einsum, index, ranks);
      const std::int64_t extent = extents[cascade.tensors[tensor].dimensions[d].rank];
      std::int64_t values = 1;
      for (const RankId rank : ranks) values = std::min(extent, product(values, extents[rank]));
      count = extent == 0 ? 0 : count / extent * values;
    }
    if (!gathers) return elements;
    if (seen.insert(signature).second) total = std::min(elements, sum(total, count));
  }
  return total;
}

}  // namespace weft::einsum
