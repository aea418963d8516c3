// The typed form of a cascade of extended Einsums. Parser, checker, analysis, interpreter and
// bindings share it; nothing matches a cascade by its name. Notation: FuseMax (MICRO 2024), section
// II; EDGE (Odemuyiwa et al.).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/common/error.hpp"

namespace weft::einsum {

using RankId = int;    // index into Cascade::ranks
using TensorId = int;  // index into Cascade::tensors
using EinsumId = int;  // index into Cascade::einsums, in program order
using ScalarId = int;  // index into Cascade::scalars
inline constexpr int kNone = -1;

inline bool contains(const std::vector<int>& ids, int id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// A rank's kind. A rank that is partitioned stays in the list as the base of its parts.
enum class RankKind : std::uint8_t {
  plain,      // extent given by the shape
  partition,  // one level of a partitioned base rank: outer extent = ceil(base / inner)
  dynamic,    // a list of selected coordinates: a bound, and an occupancy known at run time
};

struct Rank {
  std::string name;      // "M1"
  std::string variable;  // "m1": the name in lower case
  RankKind kind = RankKind::plain;
  RankId base = kNone;        // of a partition: the rank that was split
  int level = 0;              // of a partition: 0 innermost
  std::vector<RankId> parts;  // of a base: its partitions, outermost first
  RankId of = kNone;          // of a dynamic rank: the rank whose coordinates it lists
  std::string description;    // what the file says it is
};

// One dimension of a tensor. A generational dimension (an iterative rank, `RM[m1+1,p]`) has extent
// + 1 coordinates.
struct Dimension {
  RankId rank = kNone;
  bool generational = false;
};

enum class TensorRole : std::uint8_t { input, intermediate, output };

struct Tensor {
  std::string name;
  TensorRole role = TensorRole::intermediate;
  std::vector<Dimension> dimensions;
  std::optional<double> initial;  // of a generational tensor: its value at generation 0
  EinsumId defined_by = kNone;    // the Einsum that writes it; kNone for inputs
  RankId coordinates_of = kNone;  // of the coordinates that a reduction found: the rank they are of
  Location where;
};

// One index of an access: sum of coefficient·variable + coefficient·extent + constant (`p+w-W+1`,
// `m1+1`), or the last generation (`M1`). A base rank's dimension read through its partitions
// (`K[e,m1,m0]` of K[E,M]) has `composite` set: the coordinate is ((m1)·M0 + m0), and points at or
// past the base's extent are outside the iteration space. A gather adds the coordinate that a
// tensor holds (`K[e,I[s]]`, `K[e,16*I[b]+w]`).
struct Index {
  struct Term {
    RankId rank = kNone;
    int coefficient = 1;
  };
  struct Gather {
    int input = kNone;  // into Einsum::inputs: what holds the coordinate
    int coefficient = 1;
  };
  std::vector<Term> terms;
  int constant = 0;
  bool last_generation = false;  // the coordinate is the rank's extent; `terms` is empty
  bool composite = false;        // terms are the partitions of one base rank, outermost first
  std::vector<Term> extents{};
  std::vector<Gather> gathers{};
};

struct Access {
  TensorId tensor = kNone;
  std::vector<Index> indices;  // one for each dimension of the tensor
  Location where;

  // Whether an index is a coordinate that another tensor holds.
  bool gathers() const {
    return std::any_of(indices.begin(), indices.end(),
                       [](const Index& index) { return !index.gathers.empty(); });
  }
};

// Every operator of the language, from one table (operators.hpp).
enum class Op : std::uint8_t {
  access,
  constant,
  scalar,
  add,
  subtract,
  multiply,
  divide,
  max,
  min,
  exp,
  negate,
  topk,  // a reduction to the largest along a rank, as many as a dynamic rank holds
};

// An expression, children before parents; the last node is the root.
struct Node {
  Op op = Op::constant;
  int left = kNone;    // node index
  int right = kNone;   // node index
  int access = kNone;  // of Op::access: index into Einsum::inputs
  double value = 0;    // of Op::constant
  ScalarId scalar = kNone;
};

// Where a point counts: left <= right over coordinates, extents and integers (`m <= p + M - P`),
// which classes a tile as empty, partial or full; or by value, where a side has values of tensors,
// scalars or a fraction, or the two are compared for equality (`MASK[m,p] != 0`): that is known
// point by point. A masked-out point takes `otherwise` (`-inf` for scores); one of a selection is
// no candidate.
struct Mask {
  enum class Compare : std::uint8_t { at_most, below, equal, unequal };  // below: by value alone
  struct Side {
    std::vector<Index::Term> coordinates;  // a base rank's coordinate may appear: m = m1·M0 + m0
    std::vector<Index::Term> extents;
    std::int64_t constant = 0;
    std::vector<Index::Gather> values{};              // coefficient · the value of an input
    std::vector<std::pair<ScalarId, int>> scalars{};  // with their coefficients
    double fraction = 0;                              // of a constant that is no whole number
  };
  Side left;
  Side right;
  double otherwise = 0;
  Location where;
  Compare compare = Compare::at_most;
  bool by_value = false;
};

struct Einsum {
  std::string text;  // as written
  // Values, and behind them, with the same indices, the coordinates at which a maximum, a minimum
  // or a selection found them.
  std::vector<Access> outputs;
  std::vector<Access> inputs;  // in order of appearance; those of gathers and of the mask too
  std::vector<Node> nodes;
  Op reduction = Op::add;         // over `reduced` ranks
  std::vector<RankId> reduced;    // in order of the loop nest; empty: a map
  std::vector<RankId> iteration;  // every rank variable of the Einsum (partitions, not their base)
  RankId selected = kNone;        // of a selection: the dynamic rank written, not in `iteration`
  std::optional<Mask> mask;
  Location where;

  const Node& root() const { return nodes.back(); }
  bool iterates(RankId rank) const { return contains(iteration, rank); }
  bool reduces(RankId rank) const { return contains(reduced, rank); }
};

struct Scalar {
  std::string name;
  double value = 1;
};

struct Cascade {
  std::string name;
  std::string description;
  std::string source;  // paper and section
  std::vector<Rank> ranks;
  std::vector<Tensor> tensors;
  std::vector<Scalar> scalars;
  std::vector<Einsum> einsums;

  RankId rank(
      std::string_view name) const;  // by name ("M1") or variable ("m1"); kNone if there is none
  TensorId tensor(std::string_view name) const;  // kNone if there is none
  ScalarId scalar(std::string_view name) const;
  EinsumId einsum(
      std::string_view output) const;  // the Einsum that writes tensor `output`; kNone if none
  RankId base_of(RankId r) const { return ranks[r].base == kNone ? r : ranks[r].base; }
};

// Extents by rank id. A base rank and its partitions all have theirs: M, M1 = ceil(M / M0), M0. A
// dynamic rank's is its occupancy where one is known, else the bound: the most that it can hold.
using Extents = std::vector<std::int64_t>;

}  // namespace weft::einsum
