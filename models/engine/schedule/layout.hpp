// Where tensors lie in memory: one after another, each aligned to the burst, a slice a head. Within
// a slice rows follow one another: a row holds the ranks that no transfer cuts (the width of a
// query, say), in the tensor's order, padded to whole beats of the data bus where there is one. So
// K and V are [head][token][width], Q and the output [head of keys][token][query head][width], as a
// projection leaves them: queries of heads that run together are neighbours. Over the ranks that
// transfers do cut, a tensor is tiled: the tiles follow one another, first dimension outermost, so
// that a transfer is one contiguous run. What takes how many bytes: tensor_bytes.hpp. Parts of a
// tensor without rows whose elements are no whole bytes may share the byte that one ends and the
// next begins in.
#pragma once

#include <cstdint>
#include <vector>

#include "models/engine/schedule/schedule.hpp"
#include "models/engine/schedule/tensor_bytes.hpp"

namespace weft::engine {

class Layout {
 public:
  // Of the tensors that the schedule moves to or from memory; addresses count from 0.
  explicit Layout(const Schedule& schedule);

  // Of a tensor: its first byte, and bytes of a slice and of all its slices. All zero for one that
  // stays on chip.
  struct Extent {
    std::uint64_t begin = 0;
    std::uint64_t slice_bytes = 0;  // a multiple of the alignment
    std::uint64_t bytes = 0;
    std::uint64_t row_bytes =
        0;  // of a row, padded; of an element by itself, where transfers cut every rank
  };
  const Extent& tensor(TensorId tensor) const { return extents_[static_cast<std::size_t>(tensor)]; }
  std::uint64_t bytes() const { return bytes_; }
  // Base ranks over which transfers cut a tensor, in its order; iterations of loop 0 that
  // share a slice; and whether its parts may begin within a byte.
  const std::vector<RankId>& cut(TensorId tensor) const {
    return orders_[static_cast<std::size_t>(tensor)].cut;
  }
  std::int64_t heads(TensorId tensor) const { return heads_[static_cast<std::size_t>(tensor)]; }
  bool in_parts(TensorId tensor) const { return orders_[static_cast<std::size_t>(tensor)].row.cut; }
  std::uint64_t alignment() const { return alignment_; }

  // First byte of the region that one iteration of the innermost of `loops` touches, at `at` (as
  // region_at()), and its bytes, the padding of its rows included.
  std::uint64_t address(std::size_t group, TensorId tensor, const std::vector<int>& loops,
                        const Coordinates& at) const;
  std::int64_t region_bytes(std::size_t group, TensorId tensor, const std::vector<int>& loops,
                            const Coordinates& at) const;

 private:
  struct Order {
    std::vector<RankId> cut;  // base ranks over which transfers cut, in the tensor's order
    Row row;                  // along all the others
  };

  std::uint64_t slice_of(TensorId tensor, std::int64_t head) const;

  const Lowering* lowering_;
  const Sizing* sizing_;
  std::uint64_t alignment_ = 1;
  std::uint64_t bytes_ = 0;
  std::vector<Extent> extents_;      // by tensor
  std::vector<Order> orders_;        // by tensor
  std::vector<std::int64_t> heads_;  // by tensor: iterations of loop 0 that share a slice
};

}  // namespace weft::engine
