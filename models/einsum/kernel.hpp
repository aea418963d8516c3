// One Einsum over one tile, in the arithmetic of a machine. Strided loops over rows of values; no
// allocation, string or virtual call per element. Compiled once for (cascade, Einsum, extents), run
// for many tiles, by one thread at a time.
//
// An arithmetic policy A has: Value; load(double); add, subtract, multiply, divide, max, min
// (Value, Value); negate; macc(a, b, c) = a·b + c; exp_scaled(x, s) = exp(s·x) with s a double;
// store(Value, TensorId), which rounds to the tensor's format. Policies:
// models/numerics/arithmetic.hpp. A policy may also have a cheaper macc_narrow(a, b, c) that gives
// the bits of macc where a and b are values of tensors for which is_narrow(TensorId) holds; and,
// for whole rows, exponential(scale, f), rounding(tensor, f) and summing<fused>(tensor, tensor, f),
// which give f the function of a value. Tensors hold what `store` gave, or would leave as it is.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include "models/common/wide_path.hpp"
#include "models/einsum/box.hpp"
#include "models/einsum/cascade.hpp"
#include "models/einsum/kernel_plan.hpp"
#include "models/einsum/operators.hpp"

namespace weft::einsum {

template <class A>
concept HasNarrowMacc = requires(const A& arithmetic, typename A::Value value) {
  { arithmetic.is_narrow(TensorId{}) } -> std::convertible_to<bool>;
  { arithmetic.macc_narrow(value, value, value) } -> std::convertible_to<typename A::Value>;
};

template <class A>
concept HasRows = requires(const A& arithmetic) {
  arithmetic.exponential(1.0, [](auto) {});
  arithmetic.rounding(TensorId{}, [](auto) {});
};
template <class A>
concept HasSumming = requires(const A& arithmetic) {
  arithmetic.template summing<true>(TensorId{}, TensorId{}, [](auto) {});
};

template <class A>
class Kernel {
 public:
  using Value = typename A::Value;

  // `wide` is for tests: which of two paths with the same bits is taken.
  Kernel(const Cascade& cascade, EinsumId einsum, const Extents& extents, const Blocks& blocks = {},
         bool wide = wide_path())
      : plan_(plan_kernel(cascade, einsum, extents, blocks)),
        wide_(wide && wide_path()),
        at_(plan_.extents.size(), 0),
        offsets_(plan_.reads.size(), 0),
        uniform_doubles_(plan_.uniform_nodes.size(), 0),
        uniforms_(plan_.uniform_nodes.size()),
        rows_(static_cast<std::size_t>(plan_.rows) * kLanes),
        identity_(operator_of(plan_.reduction).identity.value_or(0)) {}

  // Evaluates the Einsum over `box`. `tensors` are whole row-major tensors by id; those the Einsum
  // does not touch may be null. A reduction starts from its identity or, with `accumulate`, from
  // what is stored; its ranks run innermost, ascending. Points outside the iteration space are left
  // out: an element with none keeps what it held. Tensors in blocks hold the block that begins at
  // coordinate `block`; the box lies in it.
  void run(const Box& box, std::span<Value* const> tensors, std::span<const double> scalars,
           bool accumulate, A& arithmetic, std::int64_t block = 0) {
    check(tensors.size() == plan_.tensors, "one pointer for each tensor");
    check(box.begin.size() == at_.size() && box.end.size() == at_.size(),
          "a box has one range for each iteration rank");
    for (std::size_t v = 0; v < at_.size(); ++v) {
      check(box.begin[v] >= 0 && box.begin[v] <= box.end[v] && box.end[v] <= plan_.extents[v],
            "a box lies inside the iteration space");
      if (box.begin[v] == box.end[v] &&
          static_cast<int>(v) < static_cast<int>(at_.size() - plan_.reduced.size()))
        return;
    }
    evaluate_uniforms(plan_, scalars, uniform_doubles_);
    for (std::size_t u = 0; u < uniforms_.size(); ++u)
      uniforms_[u] = arithmetic.load(uniform_doubles_[u]);
    box_ = &box;
    tensors_ = tensors;
    block_ = block;
    hides_ = std::any_of(plan_.seen.begin(), plan_.seen.end(),
                         [&](const auto& one) { return !holds_in(one, box); });
    for (const int v : plan_.outer) at_[v] = box.begin[v];
    if (wide_) return wide_rows(accumulate, arithmetic);
    rows<false>(accumulate, arithmetic);
  }

 private:
  static constexpr std::int64_t kLanes = 128;
  // Lanes that run through a sum together, as many as registers hold; then what is left of them, in
  // smaller groups.
  static constexpr std::int64_t kMostTogether = 256 / static_cast<std::int64_t>(sizeof(Value));
  static constexpr int kAnyStride = -1;

  struct Strided {
    const Value* data;
    std::int64_t stride;
  };

  WEFT_WIDE_PATH void wide_rows(bool accumulate, A& arithmetic) {
    rows<true>(accumulate, arithmetic);
  }

  template <bool kWide>
  void rows(bool accumulate, A& arithmetic) {
    do row<kWide>(accumulate, arithmetic);
    while (next(plan_.outer, plan_.outer.size()));
  }

  // Steps the first `count` of `variables`, last fastest; false when all have come round.
  bool next(const std::vector<int>& variables, std::size_t count) {
    for (std::size_t i = count; i-- > 0;) {
      const int v = variables[i];
      if (++at_[v] < box_->end[v]) return true;
      at_[v] = box_->begin[v];
    }
    return false;
  }

  // Whether the inequality holds at every point of the box.
  bool holds_in(const KernelPlan::Inequality& one, const Box& box) const {
    std::int64_t least = one.rest;
    std::int64_t most = one.rest;
    for (std::size_t v = 0; v < at_.size(); ++v) {
      const std::int64_t slope = static_cast<int>(v) == plan_.lane ? one.lane : one.slopes[v];
      const std::int64_t first = slope * box.begin[v];
      const std::int64_t last = slope * (box.end[v] - 1);
      least += std::min(first, last);
      most += std::max(first, last);
    }
    return least >= 0 && most < one.bound;
  }

  std::int64_t rest(const KernelPlan::Inequality& inequality) const {
    std::int64_t sum = inequality.rest;
    for (std::size_t v = 0; v < at_.size(); ++v) sum += inequality.slopes[v] * at_[v];
    return sum;
  }

  std::int64_t offset(const KernelPlan::Stream& stream) const {
    std::int64_t sum = stream.base - stream.block_stride * block_;
    for (std::size_t v = 0; v < at_.size(); ++v) sum += stream.strides[v] * at_[v];
    return sum;
  }

  // All lanes of one row of the output; `at_` holds the outer variables.
  template <bool kWide>
  void row(bool accumulate, A& arithmetic) {
    for (const int v : plan_.reduced) at_[v] = 0;
    if (plan_.lane != kNone) at_[plan_.lane] = 0;
    Span lanes =
        plan_.lane == kNone ? Span{0, 1} : Span{box_->begin[plan_.lane], box_->end[plan_.lane]};
    for (const auto& one : plan_.write_inequalities)
      lanes = solve(one.lane, rest(one), one.bound, lanes);
    if (lanes.begin >= lanes.end) return;
    Span counted = lanes;
    for (const auto& one : plan_.mask) counted = solve(one.lane, rest(one), one.bound, counted);
    Value* const out = tensors_[plan_.write.tensor] + offset(plan_.write);
    if (counted.begin > lanes.begin || counted.end < lanes.end) {
      const Value otherwise =
          arithmetic.store(arithmetic.load(plan_.otherwise), plan_.write.tensor);
      for (std::int64_t x = lanes.begin; x < counted.begin; ++x)
        out[x * plan_.write.lane_stride] = otherwise;
      for (std::int64_t x = counted.end; x < lanes.end; ++x)
        out[x * plan_.write.lane_stride] = otherwise;
    }
    for (std::int64_t x = counted.begin; x < counted.end; x += kLanes) {
      chunk<kWide>(x, std::min(kLanes, counted.end - x), out + x * plan_.write.lane_stride,
                   accumulate, arithmetic);
    }
  }

  template <bool kWide>
  void chunk(std::int64_t first, std::int64_t count, Value* out, bool accumulate, A& arithmetic) {
    if (plan_.lane != kNone) at_[plan_.lane] = first;
    const std::int64_t stride = plan_.write.lane_stride;
    const TensorId tensor = plan_.write.tensor;
    if (plan_.reduced.empty()) {
      for (std::size_t s = 0; s < offsets_.size(); ++s) offsets_[s] = offset(plan_.reads[s]);
      evaluate(0, count, arithmetic);
      store_row(operand(plan_.root_a, 0), out, stride, count, tensor, arithmetic);
    } else {
      for (std::int64_t x = 0; x < count; ++x)
        accumulators_[x] = accumulate ? out[x * stride] : arithmetic.load(identity_);
      reduce<kWide>(count, arithmetic);
      store_row({accumulators_.data(), 1}, out, stride, count, tensor, arithmetic);
    }
    if (plan_.lane != kNone) at_[plan_.lane] = 0;
  }

  void store_row(Strided values, Value* out, std::int64_t stride, std::int64_t count,
                 TensorId tensor, A& arithmetic) {
    const auto store = [&](auto round) {
      if (values.stride == 1 && stride == 1) {
        for (std::int64_t x = 0; x < count; ++x) out[x] = round(values.data[x]);
      } else {
        for (std::int64_t x = 0; x < count; ++x)
          out[x * stride] = round(values.data[x * values.stride]);
      }
    };
    if constexpr (HasRows<A>) {
      arithmetic.rounding(tensor, store);
    } else {
      store([&](Value x) { return arithmetic.store(x, tensor); });
    }
  }

  template <bool kWide>
  void reduce(std::int64_t count, A& arithmetic) {
    for (const int v : plan_.reduced) {
      if (box_->begin[v] == box_->end[v]) return;
      at_[v] = box_->begin[v];
    }
    const int inner = plan_.reduced.back();
    do {
      at_[inner] = 0;
      Span range{box_->begin[inner], box_->end[inner]};
      for (const auto& one : plan_.point_inequalities)
        range = solve(one.slopes[inner], rest(one), one.bound, range);
      at_[inner] = range.begin;
      if (range.begin < range.end) along<kWide>(inner, range, count, arithmetic);
    } while (next(plan_.reduced, plan_.reduced.size() - 1));
  }

  // The innermost reduced variable over `range`, for `count` lanes.
  template <bool kWide>
  void along(int inner, Span range, std::int64_t count, A& arithmetic) {
    for (std::size_t s = 0; s < offsets_.size(); ++s) offsets_[s] = offset(plan_.reads[s]);
    if (plan_.is_macc && plan_.steps.empty() && plan_.lane_inequalities.empty() && !hides_) {
      if constexpr (HasNarrowMacc<A>) {
        if (is_narrow(plan_.root_a, arithmetic) && is_narrow(plan_.root_b, arithmetic)) {
          return maccs(inner, range.end - range.begin, count, [&](Value x, Value y, Value sum) {
            return arithmetic.macc_narrow(x, y, sum);
          });
        }
      }
      if constexpr (HasSumming<A>) {
        return arithmetic.template summing<kWide>(
            tensor_of(plan_.root_a), tensor_of(plan_.root_b),
            [&](auto macc) { maccs(inner, range.end - range.begin, count, macc); });
      }
      maccs(inner, range.end - range.begin, count,
            [&](Value x, Value y, Value sum) { return arithmetic.macc(x, y, sum); });
      return;
    }
    for (; at_[inner] < range.end; ++at_[inner]) {
      Span lanes{0, count};
      for (const auto& one : plan_.lane_inequalities) lanes = seen_lanes(one, lanes);
      if (hides_) {
        for (const auto& one : plan_.seen) lanes = seen_lanes(one, lanes);
      }
      if (lanes.begin < lanes.end) {
        evaluate(lanes.begin, lanes.end - lanes.begin, arithmetic);
        combine(lanes.begin, lanes.end - lanes.begin, arithmetic);
      }
      for (std::size_t s = 0; s < offsets_.size(); ++s)
        offsets_[s] += plan_.reads[s].strides[inner];
    }
  }

  Span seen_lanes(const KernelPlan::Inequality& one, Span lanes) const {
    return solve(one.lane, rest(one) + (plan_.lane == kNone ? 0 : one.lane * at_[plan_.lane]),
                 one.bound, lanes);
  }

  Strided operand(KernelPlan::Operand wanted, std::int64_t first) const {
    if (wanted.source == KernelPlan::Source::row) return {rows_.data() + wanted.id * kLanes, 1};
    if (wanted.source == KernelPlan::Source::uniform) return {uniforms_.data() + wanted.id, 0};
    const KernelPlan::Stream& stream = plan_.reads[wanted.id];
    return {tensors_[stream.tensor] + offsets_[wanted.id] + first * stream.lane_stride,
            stream.lane_stride};
  }

  template <class F>
  static void apply(Strided a, Strided b, Value* out, std::int64_t count, F f) {
    if (a.stride == 1 && b.stride == 1) {
      for (std::int64_t x = 0; x < count; ++x) out[x] = f(a.data[x], b.data[x]);
    } else {
      for (std::int64_t x = 0; x < count; ++x)
        out[x] = f(a.data[x * a.stride], b.data[x * b.stride]);
    }
  }

  // The program's rows for lanes [first, first + count) of the chunk.
  void evaluate(std::int64_t first, std::int64_t count, A& arithmetic) {
    for (const KernelPlan::Step& step : plan_.steps) {
      const Strided a = operand(step.a, first);
      const Strided b = step.op == Op::exp || step.op == Op::negate ? a : operand(step.b, first);
      Value* const out = rows_.data() + step.row * kLanes;
      if (step.op == Op::exp) {
        const double scale = step.scale == kNone ? 1 : uniform_doubles_[step.scale];
        if constexpr (HasRows<A>) {
          arithmetic.exponential(scale, [&](auto exponential) {
            apply(a, a, out, count, [&](Value x, Value) { return exponential(x); });
          });
        } else {
          apply(a, a, out, count, [&](Value x, Value) { return arithmetic.exp_scaled(x, scale); });
        }
        continue;
      }
      check(with_operator(step.op, arithmetic, [&](auto f) { apply(a, b, out, count, f); }),
            "a leaf is no step of a kernel");
    }
  }

  void combine(std::int64_t first, std::int64_t count, A& arithmetic) {
    Value* const sums = accumulators_.data() + first;
    const Strided a = operand(plan_.root_a, first);
    if (plan_.is_macc) {
      const Strided b = operand(plan_.root_b, first);
      for (std::int64_t x = 0; x < count; ++x)
        sums[x] = arithmetic.macc(a.data[x * a.stride], b.data[x * b.stride], sums[x]);
      return;
    }
    const Strided own{sums, 1};
    check(
        with_operator(plan_.reduction, arithmetic, [&](auto f) { apply(own, a, sums, count, f); }),
        "a kernel's reduction is an operator of two values");
  }

  bool is_narrow(KernelPlan::Operand wanted, const A& arithmetic) const {
    return wanted.source == KernelPlan::Source::stream &&
           arithmetic.is_narrow(plan_.reads[wanted.id].tensor);
  }

  TensorId tensor_of(KernelPlan::Operand wanted) const {
    return wanted.source == KernelPlan::Source::stream ? plan_.reads[wanted.id].tensor : kNone;
  }

  // accumulator += a · b over `depth` points for `count` lanes: blocks of lanes stay in registers.
  template <class Macc>
  void maccs(int inner, std::int64_t depth, std::int64_t count, Macc macc) {
    const Strided a = operand(plan_.root_a, 0);
    const Strided b = operand(plan_.root_b, 0);
    const std::int64_t step_a = plan_.root_a.source == KernelPlan::Source::stream
                                    ? plan_.reads[plan_.root_a.id].strides[inner]
                                    : 0;
    const std::int64_t step_b = plan_.root_b.source == KernelPlan::Source::stream
                                    ? plan_.reads[plan_.root_b.id].strides[inner]
                                    : 0;
    const auto all = [&]<int kLaneA, int kLaneB>() {
      const auto lanes = [&]<std::int64_t kWidth>(std::int64_t x) {
        block<kWidth, kLaneA, kLaneB>({a.data + x * a.stride, a.stride}, step_a,
                                      {b.data + x * b.stride, b.stride}, step_b, depth,
                                      accumulators_.data() + x, macc);
      };
      std::int64_t x = 0;
      for (; x + kMostTogether <= count; x += kMostTogether)
        lanes.template operator()<kMostTogether>(x);
      for (; x + 16 <= count; x += 16) lanes.template operator()<16>(x);
      for (; x + 4 <= count; x += 4) lanes.template operator()<4>(x);
      for (; x < count; ++x) lanes.template operator()<1>(x);
    };
    if (a.stride == 1 && b.stride == 0) return all.template operator()<1, 0>();
    if (a.stride == 0 && b.stride == 1) return all.template operator()<0, 1>();
    if (a.stride == 1 && b.stride == 1) return all.template operator()<1, 1>();
    all.template operator()<kAnyStride, kAnyStride>();
  }

  // Lane strides are constants where they can be, so that the loop over lanes vectorises.
  template <std::int64_t kWidth, int kLaneA, int kLaneB, class Macc>
  static void block(Strided a, std::int64_t step_a, Strided b, std::int64_t step_b,
                    std::int64_t depth, Value* sums, Macc macc) {
    const std::int64_t lane_a = kLaneA == kAnyStride ? a.stride : kLaneA;
    const std::int64_t lane_b = kLaneB == kAnyStride ? b.stride : kLaneB;
    std::array<Value, kWidth> held;
    std::copy_n(sums, kWidth, held.begin());
    for (std::int64_t k = 0; k < depth; ++k) {
      const Value* const left = a.data + k * step_a;
      const Value* const right = b.data + k * step_b;
      for (std::int64_t x = 0; x < kWidth; ++x)
        held[x] = macc(left[x * lane_a], right[x * lane_b], held[x]);
    }
    std::copy_n(held.begin(), kWidth, sums);
  }

  KernelPlan plan_;
  bool wide_;
  bool hides_ = false;                 // whether a mask hides points of this box
  std::int64_t block_ = 0;             // first coordinate of the block that tensors hold
  std::vector<std::int64_t> at_;       // by variable
  std::vector<std::int64_t> offsets_;  // by read
  std::vector<double> uniform_doubles_;
  std::vector<Value> uniforms_;
  std::vector<Value> rows_;
  std::array<Value, kLanes> accumulators_{};
  double identity_;
  const Box* box_ = nullptr;
  std::span<Value* const> tensors_;
};

}  // namespace weft::einsum
