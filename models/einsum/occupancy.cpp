#include "models/einsum/occupancy.hpp"

#include <algorithm>

#include "models/einsum/domain.hpp"
#include "models/einsum/load.hpp"

namespace weft::einsum {
namespace {

constexpr std::int64_t kCompared = 64;  // occupancies, about, at which a formula is compared

// The counts as one list: operations by kind, then traffic.
using List = std::array<std::int64_t, kWorkKinds + 1>;
List list_of(const Counts& counts) {
  List list{};
  std::copy(counts.operations.begin(), counts.operations.end(), list.begin());
  list.back() = counts.least_traffic_elements;
  return list;
}

// The quadratic through three values at 0, 1 and 2.
Quadratic through(std::int64_t zero, std::int64_t one, std::int64_t two) {
  const std::int64_t bend = two - 2 * one + zero;  // 2·c[2], even of a count that is a polynomial
  return {zero, one - zero - bend / 2, bend / 2};
}

std::int64_t at(const Quadratic& c, std::int64_t n) {
  return sum(c[0], product(n, sum(c[1], product(c[2], n))));
}

}  // namespace

Counts counts(const Cascade& cascade, const Extents& extents) {
  Counts all;
  for (const WorkCounts& work : total_work(cascade, extents)) {
    for (std::size_t k = 0; k < work.size(); ++k)
      all.operations[k] = sum(all.operations[k], work[k]);
  }
  all.least_traffic_elements = least_traffic_elements(cascade, extents);
  return all;
}

std::vector<RankId> dynamic_ranks(const Cascade& cascade) {
  std::vector<RankId> ranks;
  for (RankId r = 0; r < static_cast<RankId>(cascade.ranks.size()); ++r) {
    if (cascade.ranks[r].kind == RankKind::dynamic) ranks.push_back(r);
  }
  return ranks;
}

std::vector<AtOccupancy> counts_by_occupancy(const Cascade& cascade, const Extents& extents,
                                             const std::vector<std::vector<std::int64_t>>& wanted) {
  const std::vector<RankId> ranks = dynamic_ranks(cascade);
  check(wanted.size() == ranks.size(), "occupancies for each dynamic rank");
  std::vector<AtOccupancy> points;
  std::vector<std::size_t> turn(ranks.size(), 0);
  if (ranks.empty() || std::any_of(wanted.begin(), wanted.end(),
                                   [](const auto& of_rank) { return of_rank.empty(); }))
    return points;
  while (true) {
    Extents now = extents;
    for (std::size_t i = 0; i < ranks.size(); ++i)
      now = with_occupancy(cascade, std::move(now), ranks[i],
                           std::min(wanted[i][turn[i]], now[ranks[i]]));
    AtOccupancy point{{}, counts(cascade, now)};
    for (const RankId rank : ranks) point.occupancies.push_back(now[rank]);
    points.push_back(std::move(point));
    std::size_t i = ranks.size();
    while (i > 0 && ++turn[i - 1] == wanted[i - 1].size()) turn[--i] = 0;
    if (i == 0) return points;
  }
}

std::optional<OfOccupancy> counts_of_occupancy(const Cascade& cascade, const Extents& extents) {
  const std::vector<RankId> ranks = dynamic_ranks(cascade);
  if (ranks.size() != 1) return std::nullopt;
  const std::int64_t bound = extents[ranks[0]];
  const auto list_at = [&](std::int64_t n) {
    return list_of(counts(cascade, with_occupancy(cascade, extents, ranks[0], n)));
  };
  if (bound < 3) return std::nullopt;  // three points are any quadratic
  const List zero = list_at(0);
  const List one = list_at(1);
  const List two = list_at(2);
  std::array<Quadratic, kWorkKinds + 1> found;
  for (std::size_t k = 0; k < found.size(); ++k) found[k] = through(zero[k], one[k], two[k]);
  const std::int64_t step = std::max<std::int64_t>(1, bound / kCompared);
  for (std::int64_t n = bound; n > 0; n -= step) {
    const List list = list_at(n);
    for (std::size_t k = 0; k < found.size(); ++k) {
      if (at(found[k], n) != list[k]) return std::nullopt;
    }
  }
  OfOccupancy result{ranks[0], {}, found.back()};
  std::copy_n(found.begin(), kWorkKinds, result.operations.begin());
  return result;
}

}  // namespace weft::einsum
