#include <algorithm>
#include <utility>

#include "models/common/fields.hpp"
#include "models/einsum/domain.hpp"
#include "models/einsum/draft.hpp"
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

// The outer partitions follow from the others.
void fill_outer_partitions(const Cascade& cascade, Extents& extents) {
  for (RankId id = 0; id < static_cast<RankId>(cascade.ranks.size()); ++id) {
    const Rank& rank = cascade.ranks[id];
    if (!is_outermost(cascade, rank) || extents[rank.base] == 0) continue;
    const std::int64_t inner = part_stride(cascade, id, extents);
    const std::int64_t outer = extents[rank.base] / inner + (extents[rank.base] % inner != 0);
    if (extents[id] != 0 && extents[id] != outer) {
      throw ConfigError(Problem{
          {},
          rank.name,
          std::to_string(extents[id]),
          "follows from the other extents; leave it out, or give " + std::to_string(outer)});
    }
    extents[id] = outer;
  }
}

// A dynamic rank holds as many as its cascade can select, unless a lower bound is given.
std::int64_t fill_bound(const Cascade& cascade, RankId id, Extents& extents) {
  const Rank& rank = cascade.ranks[id];
  if (rank.kind != RankKind::dynamic) return extents[id];
  const std::int64_t most = fill_bound(cascade, rank.of, extents);
  if (extents[id] > most) {
    throw ConfigError(Problem{{},
                              rank.name,
                              std::to_string(extents[id]),
                              "lists coordinates of " + cascade.ranks[rank.of].name +
                                  ", which has " + std::to_string(most) + "; allowed: 1 to " +
                                  std::to_string(most)});
  }
  if (extents[id] == 0) extents[id] = most;
  return extents[id];
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
    if (!by_name.contains(name) && cascade.ranks[cascade.rank(name)].kind != RankKind::dynamic)
      problems.push_back({{},
                          name,
                          "",
                          "missing extent of rank " + name + " (" +
                              cascade.ranks[cascade.rank(name)].description + ")"});
  }
  if (!problems.empty()) throw ConfigError(problems);
  fill_outer_partitions(cascade, extents);
  for (RankId id = 0; id < static_cast<RankId>(cascade.ranks.size()); ++id)
    fill_bound(cascade, id, extents);
  fill_outer_partitions(cascade, extents);
  return extents;
}

Extents with_occupancy(const Cascade& cascade, Extents extents, RankId rank,
                       std::int64_t occupancy) {
  check(
      cascade.ranks[rank].kind == RankKind::dynamic && occupancy >= 0 && occupancy <= extents[rank],
      "an occupancy is of a dynamic rank and lies within its bound");
  extents[rank] = occupancy;
  for (const RankId part : cascade.ranks[rank].parts) {
    if (is_outermost(cascade, cascade.ranks[part])) extents[part] = 0;
  }
  fill_outer_partitions(cascade, extents);
  for (RankId other = 0; other < static_cast<RankId>(cascade.ranks.size()); ++other) {
    if (cascade.ranks[other].of == rank && extents[other] > occupancy)
      extents = with_occupancy(cascade, std::move(extents), other, occupancy);
  }
  return extents;
}

}  // namespace weft::einsum
