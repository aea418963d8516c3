#include <algorithm>
#include <map>

#include "models/einsum/domain.hpp"

namespace weft::einsum {
namespace {

struct Variable {
  RankId rank = kNone;
  std::int64_t extent = 0;
};

// Where every constraint sees the partitions of a base rank only as the base's coordinate, they
// count as that one variable: M values in place of M1·M0 with padding.
void merge_partitions(const Cascade& cascade, std::vector<Variable>& variables,
                      std::vector<Constraint>& constraints, const Extents& extents) {
  for (RankId base = 0; base < static_cast<RankId>(cascade.ranks.size()); ++base) {
    const std::vector<RankId>& parts = cascade.ranks[base].parts;
    const auto is_part = [&](const Variable& v) {
      return std::find(parts.begin(), parts.end(), v.rank) != parts.end();
    };
    if (parts.empty() || std::count_if(variables.begin(), variables.end(), is_part) !=
                             static_cast<std::ptrdiff_t>(parts.size()))
      continue;
    const bool as_base =
        std::all_of(constraints.begin(), constraints.end(), [&](const Constraint& c) {
          const std::int64_t inner = c.form.coefficient(parts.back());
          return std::all_of(parts.begin(), parts.end(), [&](RankId part) {
            return c.form.coefficient(part) == inner * part_stride(cascade, part, extents);
          });
        });
    if (!as_base) continue;
    for (Constraint& constraint : constraints) {
      const std::int64_t inner = constraint.form.coefficient(parts.back());
      for (const RankId part : parts) constraint.form.add(part, -constraint.form.coefficient(part));
      constraint.form.add(base, inner);
    }
    variables.erase(std::remove_if(variables.begin(), variables.end(), is_part), variables.end());
    variables.push_back({base, extents[base]});
  }
}

// One inequality over the last two variables once the others are fixed: 0 <= x·i + y·j + rest <
// bound.
struct Reduced {
  std::int64_t x = 0;
  std::int64_t y = 0;
  std::int64_t rest = 0;
  std::int64_t bound = 0;
};

std::int64_t length_at(const std::vector<Reduced>& constraints, std::int64_t i, Span inner) {
  for (const Reduced& c : constraints) inner = solve(c.y, c.x * i + c.rest, c.bound, inner);
  return inner.end - inner.begin;
}

// Points i, where the ends of j's span may change from one constraint to another. Between them,
// with |y| <= 1, the length is linear in i, so its sum is that of an arithmetic series.
std::vector<std::int64_t> breakpoints(const std::vector<Reduced>& constraints, Span outer,
                                      Span inner) {
  struct Line {
    std::int64_t slope, at;
  };
  std::vector<Line> ends{{0, inner.begin}, {0, inner.end}};
  std::vector<std::int64_t> cuts{outer.begin, outer.end};
  const auto cut = [&](std::int64_t i) {
    for (std::int64_t near = i - 1; near <= i + 2; ++near) {
      if (near > outer.begin && near < outer.end) cuts.push_back(near);
    }
  };
  for (const Reduced& c : constraints) {
    if (c.y == 0) {
      const Span valid = solve(c.x, c.rest, c.bound, outer);
      cut(valid.begin);
      cut(valid.end);
      continue;
    }
    ends.push_back({-c.y * c.x, -c.y * c.rest + (c.y < 0 ? 1 : 0)});
    if (c.bound < kUnbounded)
      ends.push_back({-c.y * c.x, -c.y * (c.rest - c.bound) + (c.y < 0 ? 1 : 0)});
  }
  for (std::size_t a = 0; a < ends.size(); ++a) {
    for (std::size_t b = a + 1; b < ends.size(); ++b) {
      const std::int64_t slope = ends[a].slope - ends[b].slope;
      if (slope != 0) cut((ends[b].at - ends[a].at) / slope);
    }
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
}

std::int64_t count_two(const std::vector<Reduced>& constraints, std::int64_t outer,
                       std::int64_t inner) {
  const bool linear = std::all_of(constraints.begin(), constraints.end(),
                                  [](const Reduced& c) { return c.y >= -1 && c.y <= 1; });
  std::int64_t total = 0;
  if (!linear) {
    for (std::int64_t i = 0; i < outer; ++i) total += length_at(constraints, i, {0, inner});
    return total;
  }
  const std::vector<std::int64_t> cuts = breakpoints(constraints, {0, outer}, {0, inner});
  for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
    const std::int64_t count = cuts[k + 1] - cuts[k];
    const std::int64_t ends = length_at(constraints, cuts[k], {0, inner}) +
                              length_at(constraints, cuts[k + 1] - 1, {0, inner});
    const std::int64_t twice = product(count, ends);
    total = sum(total, twice / 2);
  }
  return total;
}

// All but the last two variables are run through.
std::int64_t count_group(const std::vector<Variable>& variables,
                         const std::vector<Constraint>& constraints, std::size_t depth,
                         std::vector<std::int64_t>& fixed) {
  if (depth + 2 < variables.size()) {
    std::int64_t total = 0;
    for (fixed[depth] = 0; fixed[depth] < variables[depth].extent; ++fixed[depth])
      total = sum(total, count_group(variables, constraints, depth + 1, fixed));
    return total;
  }
  const Variable one{kNone, 1};
  const Variable& outer = variables.size() >= 2 ? variables[variables.size() - 2] : one;
  const Variable& inner = variables.back();
  std::vector<Reduced> reduced;
  for (const Constraint& c : constraints) {
    std::int64_t rest = c.form.constant;
    for (std::size_t v = 0; v < depth; ++v)
      rest += c.form.coefficient(variables[v].rank) * fixed[v];
    reduced.push_back({outer.rank == kNone ? 0 : c.form.coefficient(outer.rank),
                       c.form.coefficient(inner.rank), rest, c.bound});
  }
  return count_two(reduced, outer.extent, inner.extent);
}

}  // namespace

std::int64_t count_points(const Cascade& cascade, const std::vector<RankId>& ranks,
                          std::vector<Constraint> constraints, const Extents& extents) {
  std::vector<Variable> variables;
  variables.reserve(ranks.size());
  for (const RankId rank : ranks) variables.push_back({rank, extents[rank]});
  merge_partitions(cascade, variables, constraints, extents);

  // Variables that share a constraint are counted together, the others multiply.
  std::vector<std::size_t> group(variables.size());
  for (std::size_t v = 0; v < group.size(); ++v) group[v] = v;
  for (const Constraint& constraint : constraints) {
    std::size_t first = variables.size();
    for (std::size_t v = 0; v < variables.size(); ++v) {
      if (constraint.form.coefficient(variables[v].rank) == 0) continue;
      if (first == variables.size()) first = v;
      const std::size_t from = group[v];
      for (std::size_t& g : group) g = g == from ? group[first] : g;
    }
    if (first == variables.size() &&
        (constraint.form.constant < 0 || constraint.form.constant >= constraint.bound))
      return 0;
  }
  std::int64_t total = 1;
  for (std::size_t g = 0; g < variables.size(); ++g) {
    std::vector<Variable> members;
    for (std::size_t v = 0; v < variables.size(); ++v) {
      if (group[v] == g) members.push_back(variables[v]);
    }
    if (members.empty()) continue;
    std::vector<Constraint> shared;
    for (const Constraint& c : constraints) {
      if (std::any_of(members.begin(), members.end(),
                      [&](const Variable& v) { return c.form.coefficient(v.rank) != 0; }))
        shared.push_back(c);
    }
    std::stable_sort(members.begin(), members.end(),
                     [](const Variable& a, const Variable& b) { return a.extent < b.extent; });
    std::vector<std::int64_t> fixed(members.size());
    total = product(
        total, shared.empty() ? members.back().extent : count_group(members, shared, 0, fixed));
  }
  return total;
}

}  // namespace weft::einsum
