// The typed form of a cascade of extended Einsums. Parser, checker, analysis, interpreter and
// bindings share it; nothing matches a cascade by its name. Notation: FuseMax (MICRO 2024), section
// II; EDGE (Odemuyiwa et al.).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/common/error.hpp"

namespace weft::einsum {

using RankId = int;    // index into Cascade::ranks
using TensorId = int;  // index into Cascade::tensors
using EinsumId = int;  // index into Cascade::einsums, in program order
using ScalarId = int;  // index into Cascade::scalars
inline constexpr int kNone = -1;

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
  Location where;
};

// One index of an access: sum of coefficient·variable + constant (`p+w`, `m1+1`), or the last
// generation (`M1`). A base rank's dimension read through its partitions (`K[e,m1,m0]` of K[E,M])
// has `composite` set: the coordinate is ((m1)·M0 + m0), and points at or past the base's extent
// are outside the iteration space.
struct Index {
  struct Term {
    RankId rank = kNone;
    int coefficient = 1;
  };
  std::vector<Term> terms;
  int constant = 0;
  bool last_generation = false;  // the coordinate is the rank's extent; `terms` is empty
  bool composite = false;        // terms are the partitions of one base rank, outermost first
};

struct Access {
  TensorId tensor = kNone;
  std::vector<Index> indices;  // one for each dimension of the tensor
  Location where;
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
  negate
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

// Where a point counts: left <= right over coordinates, extents and integers (`m <= p + M - P`).
// A masked-out point takes `otherwise` (`-inf` for scores). Classes a tile as empty, partial or
// full.
struct Mask {
  struct Side {
    std::vector<Index::Term> coordinates;  // a base rank's coordinate may appear: m = m1·M0 + m0
    std::vector<Index::Term> extents;
    std::int64_t constant = 0;
  };
  Side left;
  Side right;
  double otherwise = 0;
  Location where;
};

struct Einsum {
  std::string text;             // as written
  std::vector<Access> outputs;  // values first; selections add coordinates
  std::vector<Access> inputs;   // in order of appearance
  std::vector<Node> nodes;
  Op reduction = Op::add;         // over `reduced` ranks
  std::vector<RankId> reduced;    // in order of the loop nest; empty: a map
  std::vector<RankId> iteration;  // every rank variable of the Einsum (partitions, not their base)
  std::optional<Mask> mask;
  Location where;

  const Node& root() const { return nodes.back(); }
  bool iterates(RankId rank) const {
    for (const RankId r : iteration) {
      if (r == rank) return true;
    }
    return false;
  }
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

// Extents by rank id. A base rank and its partitions all have theirs: M, M1 = ceil(M / M0), M0.
using Extents = std::vector<std::int64_t>;

}  // namespace weft::einsum
