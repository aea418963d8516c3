// One Einsum evaluated point by point, where strides and inequalities do not tell what a point
// reads or whether it counts: gathers, selections, coordinates, masks by value, and whatever reads
// elements that are not there. The order of a sum and what is one macc or one scaled exp are those
// of the kernel (kernel.hpp), and so is the arithmetic.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "models/common/error.hpp"
#include "models/einsum/box.hpp"
#include "models/einsum/cascade.hpp"
#include "models/einsum/domain.hpp"
#include "models/einsum/hidden.hpp"
#include "models/einsum/kernel_plan.hpp"
#include "models/einsum/operators.hpp"

namespace weft::einsum {

// Whether the Einsum itself gathers, selects, gives coordinates or has a mask by value.
bool runs_by_points(const Cascade& cascade, EinsumId einsum);

// What is precomputed for one Einsum.
struct PointPlan {
  struct Axis {
    LinearForm form;
    std::vector<Index::Gather> gathers;
    std::int64_t extent = 0;
    std::int64_t stride = 0;
  };
  struct Element {
    TensorId tensor = kNone;
    std::vector<Axis> axes;
    bool reduced = false;  // whether a reduced variable, or a candidate's, moves it
    Location where;
  };
  struct Predicate {
    const Mask* mask = nullptr;
    LinearForm left;
    LinearForm right;
    std::vector<Element> reads;  // what its values index: the inputs of the Einsum that has it
  };

  KernelPlan program;
  std::vector<RankId> iteration;
  std::size_t outer = 0;  // of them, those that are not reduced
  RankId selected = kNone;
  std::vector<Element> writes;
  std::vector<Element> reads;
  std::vector<Constraint> element_constraints;  // an element outside is not there
  std::vector<Constraint> point_constraints;    // a point of the reduction outside is left out
  Predicate mask;
  std::vector<Constraint> seen;  // a point of the reduction outside is hidden by a mask
  Predicate seen_by_value;
};
PointPlan plan_points(const Cascade& cascade, EinsumId einsum, const Extents& extents);

// A tensor's values and, where some of its elements are not there, which are; by offset.
template <class Value>
struct PointTensor {
  Value* data = nullptr;
  std::uint8_t* there = nullptr;  // null: all are
};

// `value` as a coordinate; ConfigError, with the access to blame, where it is no whole number.
std::int64_t coordinate_of(const Cascade& cascade, const PointPlan::Element& element, double value);

template <class A>
class PointKernel {
 public:
  using Value = typename A::Value;

  PointKernel(const Cascade& cascade, EinsumId einsum, const Extents& extents)
      : cascade_(cascade),
        plan_(plan_points(cascade, einsum, extents)),
        extents_(extents),
        at_(cascade.ranks.size(), 0),
        offsets_(plan_.reads.size(), 0),
        rows_(static_cast<std::size_t>(plan_.program.rows)),
        uniforms_(plan_.program.uniform_nodes.size(), 0) {}

  // Evaluates over `box`, one range for each iteration rank; tensors by id, whole and row-major.
  // Marks what it writes as there. Returns the most that a fibre selected, 0 without a selection.
  std::int64_t run(const Box& box, std::span<const PointTensor<Value>> tensors,
                   std::span<const double> scalars, A& arithmetic) {
    evaluate_uniforms(plan_.program, scalars, uniforms_);
    tensors_ = tensors;
    scalars_ = scalars;
    std::int64_t most = 0;
    if (!first(box, 0, plan_.outer)) return most;
    do {
      if (!element_counts()) continue;
      if (plan_.selected != kNone) {
        most = std::max(most, select(box, arithmetic));
      } else if (plan_.mask.mask != nullptr && !holds(plan_.mask)) {
        write(0, arithmetic.load(plan_.mask.mask->otherwise), arithmetic);
      } else if (plan_.outer == plan_.iteration.size()) {
        if (locate()) write(0, root(arithmetic), arithmetic);
      } else {
        fold(box, arithmetic);
      }
    } while (next(box, 0, plan_.outer));
    return most;
  }

 private:
  // The variables from `begin` to `end` of the iteration at their first point; false if there is
  // none.
  bool first(const Box& box, std::size_t begin, std::size_t end) {
    for (std::size_t v = begin; v < end; ++v) {
      if (box.begin[v] >= box.end[v]) return false;
      at_[plan_.iteration[v]] = box.begin[v];
    }
    return true;
  }

  // The next point, the last variable fastest; false when all have come round.
  bool next(const Box& box, std::size_t begin, std::size_t end) {
    for (std::size_t v = end; v-- > begin;) {
      std::int64_t& at = at_[plan_.iteration[v]];
      if (++at < box.end[v]) return true;
      at = box.begin[v];
    }
    return false;
  }

  std::int64_t value(const LinearForm& form) const {
    std::int64_t sum = form.constant;
    for (const auto& [rank, coefficient] : form.terms) sum += coefficient * at_[rank];
    return sum;
  }

  bool inside(const std::vector<Constraint>& constraints) const {
    return std::all_of(constraints.begin(), constraints.end(), [&](const Constraint& one) {
      const std::int64_t x = value(one.form);
      return x >= 0 && x < one.bound;
    });
  }

  // The element's offset; -1 where it lies outside its tensor or is not there.
  std::int64_t offset(const PointPlan::Element& element,
                      const std::vector<PointPlan::Element>& reads) const {
    std::int64_t sum = 0;
    for (const PointPlan::Axis& axis : element.axes) {
      std::int64_t x = value(axis.form);
      for (const Index::Gather& gather : axis.gathers) {
        const PointPlan::Element& held = reads[gather.input];
        const std::int64_t at = offset(held, reads);
        if (at < 0) return -1;
        x += gather.coefficient *
             coordinate_of(cascade_, held, static_cast<double>(tensors_[held.tensor].data[at]));
      }
      if (x < 0 || x >= axis.extent) return -1;
      sum += x * axis.stride;
    }
    const std::uint8_t* const there = tensors_[element.tensor].there;
    return there == nullptr || there[sum] != 0 ? sum : -1;
  }

  // Whether the element written is in the iteration space: by what no reduced variable moves.
  bool element_counts() {
    return inside(plan_.element_constraints) &&
           std::all_of(plan_.reads.begin(), plan_.reads.end(), [&](const auto& read) {
             return read.reduced || offset(read, plan_.reads) >= 0;
           });
  }

  // Finds what the point reads; false where the point is outside the iteration space.
  bool locate() {
    for (std::size_t i = 0; i < plan_.reads.size(); ++i) {
      offsets_[i] = offset(plan_.reads[i], plan_.reads);
      if (offsets_[i] < 0) return false;
    }
    return true;
  }

  double side(const Mask::Side& side, const LinearForm& form,
              const std::vector<PointPlan::Element>& reads, bool& known) const {
    double sum = static_cast<double>(value(form)) + side.fraction;
    for (const auto& [scalar, coefficient] : side.scalars) sum += coefficient * scalars_[scalar];
    for (const Index::Gather& one : side.values) {
      const std::int64_t at = offset(reads[one.input], reads);
      known = known && at >= 0;
      if (at >= 0)
        sum += one.coefficient * static_cast<double>(tensors_[reads[one.input].tensor].data[at]);
    }
    return sum;
  }

  bool holds(const PointPlan::Predicate& predicate) const {
    bool known = true;
    const double left = side(predicate.mask->left, predicate.left, predicate.reads, known);
    const double right = side(predicate.mask->right, predicate.right, predicate.reads, known);
    if (!known) return false;
    switch (predicate.mask->compare) {
      case Mask::Compare::at_most: return left <= right;
      case Mask::Compare::below: return left < right;
      case Mask::Compare::equal: return left == right;
      case Mask::Compare::unequal: return left != right;
    }
    return false;
  }

  Value operand(KernelPlan::Operand wanted, A& arithmetic) const {
    if (wanted.source == KernelPlan::Source::row) return rows_[wanted.id];
    if (wanted.source == KernelPlan::Source::uniform) return arithmetic.load(uniforms_[wanted.id]);
    return tensors_[plan_.reads[wanted.id].tensor].data[offsets_[wanted.id]];
  }

  void steps(A& arithmetic) {
    for (const KernelPlan::Step& step : plan_.program.steps) {
      const Value a = operand(step.a, arithmetic);
      Value& out = rows_[step.row];
      if (step.op == Op::exp) {
        out = arithmetic.exp_scaled(a, step.scale == kNone ? 1 : uniforms_[step.scale]);
        continue;
      }
      const Value b = operator_of(step.op).arity == 2 ? operand(step.b, arithmetic) : a;
      check(with_operator(step.op, arithmetic, [&](auto f) { out = f(a, b); }),
            "a leaf is no step of a program");
    }
  }

  Value root(A& arithmetic) {
    steps(arithmetic);
    return operand(plan_.program.root_a, arithmetic);
  }

  void write(std::size_t output, Value value, A& arithmetic) {
    const PointPlan::Element& element = plan_.writes[output];
    put(element, output == 0 ? arithmetic.store(value, element.tensor) : value);
  }

  void put(const PointPlan::Element& element, Value value) {
    std::int64_t at = 0;
    for (const PointPlan::Axis& axis : element.axes) at += this->value(axis.form) * axis.stride;
    tensors_[element.tensor].data[at] = value;
    if (tensors_[element.tensor].there != nullptr) tensors_[element.tensor].there[at] = 1;
  }

  void write_coordinate(std::int64_t coordinate) {
    if (plan_.writes.size() < 2) return;
    const auto held = static_cast<Value>(coordinate);
    check(static_cast<std::int64_t>(held) == coordinate, "a value holds any coordinate");
    put(plan_.writes[1], held);
  }

  // A reduction of the element at hand; of a maximum or minimum the first coordinate that has it.
  void fold(const Box& box, A& arithmetic) {
    const Op op = plan_.program.reduction;
    Value sum = arithmetic.load(operator_of(op).identity.value_or(0));
    std::int64_t found = -1;
    Value best{};
    for (bool more = first(box, plan_.outer, plan_.iteration.size()); more;
         more = next(box, plan_.outer, plan_.iteration.size())) {
      if (!inside(plan_.point_constraints) || !locate() || !inside(plan_.seen) ||
          (plan_.seen_by_value.mask != nullptr && !holds(plan_.seen_by_value)))
        continue;
      const Value a = root(arithmetic);
      if (plan_.program.is_macc) {
        sum = arithmetic.macc(a, operand(plan_.program.root_b, arithmetic), sum);
        continue;
      }
      check(with_operator(op, arithmetic, [&](auto f) { sum = f(sum, a); }),
            "a reduction is an operator of two values");
      if (found >= 0 && (best != best || (a == a && (op == Op::max ? !(a > best) : !(a < best)))))
        continue;
      best = a;
      found = at_[plan_.iteration.back()];
    }
    write(0, sum, arithmetic);
    if (found >= 0) write_coordinate(found);
  }

  // The largest candidates, largest first; of equal ones the lowest coordinate; NaN behind all.
  std::int64_t select(const Box& box, A& arithmetic) {
    candidates_.clear();
    for (bool more = first(box, plan_.outer, plan_.iteration.size()); more;
         more = next(box, plan_.outer, plan_.iteration.size())) {
      if (!inside(plan_.point_constraints) || !locate() ||
          (plan_.mask.mask != nullptr && !holds(plan_.mask)))
        continue;
      candidates_.emplace_back(root(arithmetic), at_[plan_.iteration.back()]);
    }
    const auto count = std::min<std::int64_t>(extents_[plan_.selected],
                                              static_cast<std::int64_t>(candidates_.size()));
    std::partial_sort(candidates_.begin(), candidates_.begin() + count, candidates_.end(),
                      [](const auto& a, const auto& b) {
                        const bool nan_a = a.first != a.first;
                        const bool nan_b = b.first != b.first;
                        if (nan_a != nan_b) return nan_b;
                        if (!nan_a && a.first != b.first) return a.first > b.first;
                        return a.second < b.second;
                      });
    for (std::int64_t i = 0; i < count; ++i) {
      at_[plan_.selected] = i;
      write(0, candidates_[i].first, arithmetic);
      write_coordinate(candidates_[i].second);
    }
    return count;
  }

  const Cascade& cascade_;
  PointPlan plan_;
  Extents extents_;
  std::vector<std::int64_t> at_;       // by rank
  std::vector<std::int64_t> offsets_;  // by read
  std::vector<Value> rows_;
  std::vector<double> uniforms_;
  std::vector<std::pair<Value, std::int64_t>> candidates_;
  std::span<const PointTensor<Value>> tensors_;
  std::span<const double> scalars_;
};

}  // namespace weft::einsum
