// The loops of a cascade, in no order yet: which ranks go on together, how each Einsum uses each
// tensor along them, and which Einsums walk through a tensor with the same iterations.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/einsum/analysis.hpp"
#include "models/einsum/graph.hpp"

namespace weft::einsum {

// How one Einsum uses one tensor, by loop.
struct Use {
  EinsumId einsum = kNone;
  bool writes = false;
  // Of a dimension that moves on with the loop: the element's coordinate is the loop's position
  // plus `least` to `most`.
  struct Along {
    bool moves = false;
    bool last = false;   // reads the last generation
    bool whole = false;  // a selection, which holds all that it has selected until it is through
    std::int64_t least = 0;
    std::int64_t most = 0;
  };
  std::vector<Along> along;  // by loop
};

class Loops {
 public:
  // All three outlive it.
  Loops(const Cascade& cascade, const PassAnalysis& passes, const Extents& extents);

  int count() const { return static_cast<int>(loops_.size()); }
  // The rank that a loop is named by.
  RankId rank_of(int loop) const { return loops_[loop].front(); }
  bool on(RankId rank, int loop) const;
  const std::vector<std::vector<Use>>& uses() const { return uses_; }  // by tensor
  // Whether both walk through the tensor with the same iterations of the loop.
  bool together(const Use& a, const Use& b, int loop) const;
  // Whether the loop does not come between the two.
  bool apart_of(const Use& a, const Use& b, int loop) const;
  // The position of a producer against its consumers, as late as they allow.
  std::int64_t shift_of(EinsumId e, int loop) const { return shift_[e][loop]; }
  // Whether what must be nested is, in an order of the loops from the outermost in.
  bool allowed(const std::vector<int>& order) const;

 private:
  void find_loops();
  void join(RankId dimension, const Index& index);
  bool iterates(EinsumId e, int loop) const;
  std::int64_t pace(RankId variable, int loop) const;
  Use use(EinsumId e, const Access& access, bool writes) const;
  int pass(EinsumId e, int loop) const;
  void place_in_passes();
  void shift();
  std::size_t writer_use(TensorId tensor) const;
  void nest();

  const Cascade& cascade_;
  const PassAnalysis& passes_;
  const Extents& extents_;
  std::vector<Dependency> edges_;
  std::vector<std::vector<RankId>> loops_;  // by loop: the ranks that go on with it
  std::vector<std::vector<int>> loop_of_;   // by rank; a base rank has those of its partitions
  std::vector<std::vector<Use>> uses_;      // by tensor
  std::vector<std::vector<int>> place_;     // by Einsum, by loop
  std::vector<std::vector<std::int64_t>> shift_;
  std::vector<std::pair<int, int>> nested_;  // loops of which the first is outside the second
};

// a·b, both positive; more than this is as good as endless: an order of loops that nobody takes.
inline constexpr std::int64_t kEndless = std::int64_t{1} << 60;
inline std::int64_t capped_product(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  return __builtin_mul_overflow(a, b, &result) ? kEndless : std::min(result, kEndless);
}

}  // namespace weft::einsum
