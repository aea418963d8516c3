// A cascade evaluated in an arithmetic of one's choice, block by block (blocks.hpp), for many
// inputs of one shape: the reference of long runs, in memory that does not grow with the product of
// two lengths.
#pragma once

#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "models/einsum/blocks.hpp"
#include "models/einsum/graph.hpp"
#include "models/einsum/kernel.hpp"

namespace weft::einsum {

template <class A>
class BlockInterpreter {
 public:
  using Value = typename A::Value;

  // `scalars` by ScalarId. What lies between inputs and outputs takes about `budget_bytes`.
  BlockInterpreter(const Cascade& cascade, Extents extents, std::vector<double> scalars,
                   std::int64_t budget_bytes)
      : cascade_(cascade),
        extents_(std::move(extents)),
        scalars_(std::move(scalars)),
        blocks_(choose_blocks(cascade, extents_, sizeof(Value), budget_bytes, kLeastBlock)),
        order_(execution_order(cascade)) {
    kernels_.reserve(cascade.einsums.size());
    for (EinsumId e = 0; e < static_cast<EinsumId>(cascade.einsums.size()); ++e)
      kernels_.emplace_back(cascade, e, extents_, blocks_);
    for (TensorId t = 0; t < static_cast<TensorId>(cascade.tensors.size()); ++t) {
      const bool input = cascade.tensors[t].role == TensorRole::input;
      held_.emplace_back(
          input ? 0 : static_cast<std::size_t>(held_elements(cascade, t, extents_, blocks_)),
          Value{});
    }
  }

  // `tensors` by id, whole and row-major: inputs are read, outputs written; the others may be null.
  // `between` is called with the share done, and may throw.
  void run(std::span<Value* const> tensors, const std::function<void(double)>& between) {
    std::vector<Value*> data(tensors.begin(), tensors.end());
    for (TensorId t = 0; t < static_cast<TensorId>(data.size()); ++t) {
      if (cascade_.tensors[t].role == TensorRole::input) continue;
      std::fill(held_[t].begin(), held_[t].end(), arithmetic_.load(0));
      fill_initial(cascade_, t, extents_, held_[t].data(), arithmetic_, blocks_);
      data[t] = held_[t].data();
    }
    const std::int64_t extent = blocks_.rank == kNone ? 1 : extents_[blocks_.rank];
    const std::int64_t size = blocks_.rank == kNone ? 1 : blocks_.size;
    for (std::int64_t begin = 0; begin < extent; begin += size) {
      const std::int64_t end = std::min(extent, begin + size);
      block(data, begin, end);
      for (TensorId t = 0; t < static_cast<TensorId>(tensors.size()); ++t) {
        if (cascade_.tensors[t].role == TensorRole::output)
          copy_block(cascade_, t, extents_, blocks_, blocks_.rank == kNone ? 0 : begin,
                     held_[t].data(), tensors[t]);
      }
      between(static_cast<double>(end) / static_cast<double>(extent));
    }
  }

 private:
  static constexpr std::int64_t kLeastBlock = 16;

  void block(std::span<Value* const> data, std::int64_t begin, std::int64_t end) {
    for (const Group& group : order_) {
      const bool inside = runs_in_blocks(cascade_, group.einsums.front(), blocks_);
      if (!inside && begin > 0) continue;
      const std::int64_t turns = group.along == kNone ? 1 : extents_[group.along];
      for (std::int64_t turn = 0; turn < turns; ++turn) {
        for (const EinsumId e : group.einsums) {
          Box box = whole_box(cascade_, e, extents_);
          const std::vector<RankId>& iteration = cascade_.einsums[e].iteration;
          for (std::size_t v = 0; v < iteration.size(); ++v) {
            if (iteration[v] == group.along) {
              box.begin[v] = turn;
              box.end[v] = turn + 1;
            } else if (inside && iteration[v] == blocks_.rank) {
              box.begin[v] = begin;
              box.end[v] = end;
            }
          }
          kernels_[static_cast<std::size_t>(e)].run(box, data, scalars_, false, arithmetic_,
                                                    inside ? begin : 0);
        }
      }
    }
  }

  const Cascade& cascade_;
  Extents extents_;
  std::vector<double> scalars_;
  Blocks blocks_;
  std::vector<Group> order_;
  std::vector<Kernel<A>> kernels_;
  std::vector<std::vector<Value>> held_;
  A arithmetic_;
};

}  // namespace weft::einsum
