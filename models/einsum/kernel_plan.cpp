#include "models/einsum/kernel_plan.hpp"

#include <algorithm>
#include <functional>

#include "models/einsum/hidden.hpp"
#include "models/einsum/kernel.hpp"
#include "models/einsum/operators.hpp"
#include "models/einsum/points.hpp"
#include "models/numerics/arithmetic.hpp"

namespace weft::einsum {
namespace {

constexpr std::int64_t kWideLane =
    8;  // the innermost output rank is the lane if it has this many values

class Planner {
 public:
  Planner(const Cascade& cascade, EinsumId id, const Extents& extents, const Blocks& blocks)
      : cascade_(cascade),
        einsum_(cascade.einsums[id]),
        extents_(extents),
        blocks_(blocks),
        id_(id) {}

  // Of the program alone.
  KernelPlan program() {
    plan_.tensors = cascade_.tensors.size();
    plan_.scalars = cascade_.scalars.size();
    plan_.nodes = einsum_.nodes;
    for (int v = static_cast<int>(einsum_.iteration.size() - einsum_.reduced.size());
         v < static_cast<int>(einsum_.iteration.size()); ++v)
      plan_.reduced.push_back(v);
    compile();
    return std::move(plan_);
  }

  KernelPlan plan() {
    check(!runs_by_points(cascade_, id_), "a kernel runs what strides and inequalities tell");
    for (const RankId rank : einsum_.iteration) plan_.extents.push_back(extents_[rank]);
    plan_.tensors = cascade_.tensors.size();
    plan_.scalars = cascade_.scalars.size();
    plan_.nodes = einsum_.nodes;
    order();
    plan_.write = stream(einsum_.outputs.front());
    for (const Access& access : einsum_.inputs) plan_.reads.push_back(stream(access));
    constrain();
    compile();
    return std::move(plan_);
  }

 private:
  void order() {
    const Access& write = einsum_.outputs.front();
    const std::vector<Dimension>& dimensions = cascade_.tensors[write.tensor].dimensions;
    const int written = static_cast<int>(dimensions.size());
    for (int v = 0; v < written; ++v) {
      if (dimensions[v].generational) {
        plan_.outer.push_back(v);
      } else if (plan_.lane == kNone || plan_.extents[v] >= kWideLane ||
                 plan_.extents[v] >= plan_.extents[plan_.lane]) {
        plan_.lane = v;
      }
    }
    for (int v = 0; v < written; ++v) {
      if (!dimensions[v].generational && v != plan_.lane) plan_.outer.push_back(v);
    }
    for (int v = written; v < static_cast<int>(einsum_.iteration.size()); ++v)
      plan_.reduced.push_back(v);
  }

  int variable(RankId rank) const {
    const auto found = std::find(einsum_.iteration.begin(), einsum_.iteration.end(), rank);
    check(found != einsum_.iteration.end(), "an Einsum iterates over every variable it uses");
    return static_cast<int>(found - einsum_.iteration.begin());
  }

  KernelPlan::Stream stream(const Access& access) const {
    KernelPlan::Stream stream{access.tensor, 0,
                              std::vector<std::int64_t>(einsum_.iteration.size(), 0), 0, 0};
    const std::vector<std::int64_t> shape = held_shape(cascade_, access.tensor, extents_, blocks_);
    const bool block = in_blocks(cascade_, access.tensor, blocks_);
    std::int64_t stride = 1;
    for (std::size_t d = shape.size(); d-- > 0;) {
      const LinearForm form =
          index_form(cascade_, access.indices[d],
                     cascade_.tensors[access.tensor].dimensions[d].rank, extents_);
      stream.base += product(form.constant, stride);
      for (const auto& [rank, coefficient] : form.terms)
        stream.strides[variable(rank)] += product(coefficient, stride);
      if (block && cascade_.tensors[access.tensor].dimensions[d].rank == blocks_.rank)
        stream.block_stride = stride;
      stride = product(stride, shape[d]);
    }
    if (plan_.lane != kNone) stream.lane_stride = stream.strides[plan_.lane];
    return stream;
  }

  KernelPlan::Inequality inequality(const Constraint& constraint) const {
    KernelPlan::Inequality result{std::vector<std::int64_t>(einsum_.iteration.size(), 0), 0,
                                  constraint.form.constant, constraint.bound};
    for (const auto& [rank, coefficient] : constraint.form.terms) {
      const int v = variable(rank);
      (v == plan_.lane ? result.lane : result.slopes[v]) = coefficient;
    }
    return result;
  }

  void constrain() {
    const std::vector<Constraint> valid = domains(cascade_, extents_)[id_];
    for (const Constraint& constraint : valid) {
      KernelPlan::Inequality one = inequality(constraint);
      const bool reduces = std::any_of(plan_.reduced.begin(), plan_.reduced.end(),
                                       [&](int v) { return one.slopes[v] != 0; });
      (!reduces        ? plan_.write_inequalities
       : one.lane == 0 ? plan_.point_inequalities
                       : plan_.lane_inequalities)
          .push_back(std::move(one));
    }
    for (const Constraint& constraint : mask_constraints(cascade_, einsum_, extents_))
      plan_.mask.push_back(inequality(constraint));
    const Seen seen = hidden_points(cascade_, extents_)[static_cast<std::size_t>(id_)];
    for (const Constraint& constraint : seen.constraints)
      plan_.seen.push_back(inequality(constraint));
    if (einsum_.mask) plan_.otherwise = einsum_.mask->otherwise;
  }

  bool is_uniform(int node) const {
    const Node& n = einsum_.nodes[node];
    return n.op != Op::access && (n.left == kNone || is_uniform(n.left)) &&
           (n.right == kNone || is_uniform(n.right));
  }

  int uniform(int node) {
    plan_.uniform_nodes.push_back(node);
    return static_cast<int>(plan_.uniform_nodes.size()) - 1;
  }

  KernelPlan::Operand operand(int node) {
    if (is_uniform(node)) return {KernelPlan::Source::uniform, uniform(node)};
    const Node& n = einsum_.nodes[node];
    if (n.op == Op::access) return {KernelPlan::Source::stream, n.access};
    KernelPlan::Step step;
    step.op = n.op;
    if (n.op == Op::exp) {
      int argument = n.left;
      const Node& scaled = einsum_.nodes[argument];
      if (scaled.op == Op::multiply && (is_uniform(scaled.left) || is_uniform(scaled.right))) {
        step.scale = uniform(is_uniform(scaled.left) ? scaled.left : scaled.right);
        argument = is_uniform(scaled.left) ? scaled.right : scaled.left;
      }
      step.a = operand(argument);
    } else {
      step.a = operand(n.left);
      if (n.right != kNone) step.b = operand(n.right);
    }
    step.row = plan_.rows++;
    plan_.steps.push_back(step);
    return {KernelPlan::Source::row, step.row};
  }

  void compile() {
    const int root = static_cast<int>(einsum_.nodes.size()) - 1;
    plan_.reduction = einsum_.reduction;
    plan_.is_macc = !plan_.reduced.empty() && einsum_.reduction == Op::add &&
                    einsum_.root().op == Op::multiply && !is_uniform(root);
    if (plan_.is_macc) {
      plan_.root_a = operand(einsum_.root().left);
      plan_.root_b = operand(einsum_.root().right);
    } else {
      plan_.root_a = operand(root);
    }
  }

  const Cascade& cascade_;
  const Einsum& einsum_;
  const Extents& extents_;
  const Blocks& blocks_;
  EinsumId id_;
  KernelPlan plan_;
};

double evaluate(const KernelPlan& plan, int node, std::span<const double> scalars) {
  using Double = numerics::DoubleArithmetic;
  const Node& n = plan.nodes[node];
  const double left = n.left == kNone ? 0 : evaluate(plan, n.left, scalars);
  const double right = n.right == kNone ? 0 : evaluate(plan, n.right, scalars);
  if (n.op == Op::constant) return n.value;
  if (n.op == Op::scalar) return scalars[n.scalar];
  if (n.op == Op::exp) return Double::exp_scaled(left, 1);
  double value = 0;
  Double arithmetic;
  check(with_operator(n.op, arithmetic, [&](auto f) { value = f(left, right); }),
        "an access is not the same at every point");
  return value;
}

}  // namespace

KernelPlan plan_kernel(const Cascade& cascade, EinsumId einsum, const Extents& extents,
                       const Blocks& blocks) {
  return Planner(cascade, einsum, extents, blocks).plan();
}

KernelPlan plan_program(const Cascade& cascade, EinsumId einsum) {
  return Planner(cascade, einsum, {}, {}).program();
}

void evaluate_uniforms(const KernelPlan& plan, std::span<const double> scalars,
                       std::span<double> out) {
  check(scalars.size() == plan.scalars && out.size() == plan.uniform_nodes.size(),
        "one value for each scalar and uniform");
  for (std::size_t u = 0; u < out.size(); ++u)
    out[u] = evaluate(plan, plan.uniform_nodes[u], scalars);
}

}  // namespace weft::einsum
