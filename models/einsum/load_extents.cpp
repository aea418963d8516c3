#include <algorithm>

#include "models/common/fields.hpp"
#include "models/einsum/domain.hpp"
#include "models/einsum/draft.hpp"
#include "models/einsum/kernel.hpp"
#include "models/einsum/load.hpp"

namespace weft::einsum {
namespace {

constexpr std::int64_t kMostExtent = std::int64_t{1} << 32;

bool is_outermost(const Cascade& cascade, const Rank& rank) {
  return rank.kind == RankKind::partition &&
         rank.level + 1 == static_cast<int>(cascade.ranks[rank.base].parts.size());
}

std::vector<std::string> needed_names(const Cascade& cascade) {
  std::vector<std::string> names;
  for (const Rank& rank : cascade.ranks) {
    if (!is_outermost(cascade, rank)) names.push_back(rank.name);
  }
  return names;
}

}  // namespace

Extents resolve_extents(const Cascade& cascade,
                        const std::map<std::string, std::int64_t>& by_name) {
  std::vector<Problem> problems;
  Extents extents(cascade.ranks.size(), 0);
  for (const auto& [name, extent] : by_name) {
    const RankId rank = cascade.rank(name);
    if (rank == kNone || cascade.ranks[rank].name != name) {
      problems.push_back({{},
                          name,
                          std::to_string(extent),
                          "no rank of cascade '" + cascade.name + "'; " +
                              config::unknown_name(name, needed_names(cascade))});
    } else if (extent < 1 || extent > kMostExtent) {
      problems.push_back(
          {{},
           name,
           std::to_string(extent),
           "an extent must be a whole number from 1 to " + std::to_string(kMostExtent)});
    } else {
      extents[rank] = extent;
    }
  }
  for (const std::string& name : needed_names(cascade)) {
    if (!by_name.contains(name))
      problems.push_back({{},
                          name,
                          "",
                          "missing extent of rank " + name + " (" +
                              cascade.ranks[cascade.rank(name)].description + ")"});
  }
  if (!problems.empty()) throw ConfigError(problems);
  for (RankId id = 0; id < static_cast<RankId>(cascade.ranks.size()); ++id) {
    const Rank& rank = cascade.ranks[id];
    if (!is_outermost(cascade, rank)) continue;
    const std::int64_t inner = part_stride(cascade, id, extents);
    const std::int64_t outer = (extents[rank.base] - 1) / inner + 1;
    if (extents[id] != 0 && extents[id] != outer) {
      throw ConfigError(Problem{
          {},
          rank.name,
          std::to_string(extents[id]),
          "follows from the other extents; leave it out, or give " + std::to_string(outer)});
    }
    extents[id] = outer;
  }
  return extents;
}

std::vector<std::int64_t> tensor_shape(const Cascade& cascade, TensorId tensor,
                                       const Extents& extents) {
  std::vector<std::int64_t> shape;
  for (const Dimension& dimension : cascade.tensors[tensor].dimensions)
    shape.push_back(extents[dimension.rank] + (dimension.generational ? 1 : 0));
  return shape;
}

std::int64_t tensor_elements(const Cascade& cascade, TensorId tensor, const Extents& extents) {
  std::int64_t count = 1;
  for (const std::int64_t extent : tensor_shape(cascade, tensor, extents))
    count = product(count, extent);
  return count;
}

GenerationZero generation_zero(const Cascade& cascade, TensorId tensor, const Extents& extents,
                               const Blocks& blocks) {
  const std::vector<std::int64_t> shape = held_shape(cascade, tensor, extents, blocks);
  GenerationZero zero{1, 1, 1};
  bool found = false;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const bool generational = cascade.tensors[tensor].dimensions[d].generational;
    if (generational) {
      found = true;
      zero.stride = shape[d];
    } else if (found) {
      zero.length *= shape[d];
    } else {
      zero.count *= shape[d];
    }
  }
  zero.stride *= zero.length;
  return found ? zero : GenerationZero{};
}

Box whole_box(const Cascade& cascade, EinsumId einsum, const Extents& extents) {
  Box box;
  for (const RankId rank : cascade.einsums[einsum].iteration) {
    box.begin.push_back(0);
    box.end.push_back(extents[rank]);
  }
  return box;
}

}  // namespace weft::einsum
