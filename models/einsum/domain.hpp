// Iteration spaces under given extents, as linear inequalities: partition padding, affine
// coordinates that leave a tensor, and what is inherited from the tensors read.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "models/einsum/cascade.hpp"

namespace weft::einsum {

// Σ coefficient · variable + constant.
struct LinearForm {
  std::vector<std::pair<RankId, std::int64_t>> terms;  // by rank, ascending, no zero
  std::int64_t constant = 0;

  void add(RankId rank, std::int64_t coefficient);
  std::int64_t coefficient(RankId rank) const;
  bool operator==(const LinearForm&) const = default;
};

// 0 <= form < bound.
struct Constraint {
  LinearForm form;
  std::int64_t bound = 0;
  bool operator==(const Constraint&) const = default;
};
inline constexpr std::int64_t kUnbounded = std::numeric_limits<std::int64_t>::max() / 4;

// By how much the base rank's coordinate grows with this partition's: the product of the extents
// inside it.
std::int64_t part_stride(const Cascade& cascade, RankId part, const Extents& extents);

// What of an index is the same at every point: its constant and its extents.
std::int64_t index_constant(const Index& index, const Extents& extents);

// The coordinate that an index names, but for what it gathers.
LinearForm index_form(const Cascade& cascade, const Index& index, RankId dimension,
                      const Extents& extents);

// The valid points of each Einsum, by EinsumId; constraints that always hold are left out. A
// tensor's elements that its Einsum leaves out are outside the iteration space of every Einsum that
// reads it. Gathers and masks by value put no constraint: what they leave out only a run tells.
std::vector<std::vector<Constraint>> domains(const Cascade& cascade, const Extents& extents);

// A side of a mask of `einsum`, but for the values and scalars in it.
LinearForm side_form(const Cascade& cascade, const Einsum& einsum, const Mask::Side& side,
                     const Extents& extents);

// Where the Einsum's mask lets points count: none (always, or by value) or one inequality.
std::vector<Constraint> mask_constraints(const Cascade& cascade, const Einsum& einsum,
                                         const Extents& extents);

// Points of the box [0, extent) of `ranks` that satisfy all constraints.
std::int64_t count_points(const Cascade& cascade, const std::vector<RankId>& ranks,
                          std::vector<Constraint> constraints, const Extents& extents);

// The x in [begin, end) with 0 <= slope·x + rest < bound.
struct Span {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};
Span solve(std::int64_t slope, std::int64_t rest, std::int64_t bound, Span within);

// a·b and a + b; ConfigError where 64 bits do not hold it.
std::int64_t product(std::int64_t a, std::int64_t b);
std::int64_t sum(std::int64_t a, std::int64_t b);

}  // namespace weft::einsum
