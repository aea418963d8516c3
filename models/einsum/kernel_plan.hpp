// What a kernel precomputes for one Einsum under given extents: loop order, strides, inequalities,
// a flat program.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/einsum/blocks.hpp"
#include "models/einsum/cascade.hpp"
#include "models/einsum/domain.hpp"

namespace weft::einsum {

// Variables are positions in Einsum::iteration. One output variable, the lane, runs innermost over
// rows of values; the other output variables are outside it, a generational one outermost, and the
// reduced ones between.
struct KernelPlan {
  // Where a tensor's element lies: base + Σ strides · variable − block_stride · first coordinate of
  // the block.
  struct Stream {
    TensorId tensor = kNone;
    std::int64_t base = 0;
    std::vector<std::int64_t> strides;
    std::int64_t lane_stride = 0;   // also in `strides`
    std::int64_t block_stride = 0;  // of the rank in blocks, where the tensor holds one only
  };
  // 0 <= Σ slopes · variable + lane · (lane variable) + rest < bound; the lane's entry in `slopes`
  // is 0.
  struct Inequality {
    std::vector<std::int64_t> slopes;
    std::int64_t lane = 0;
    std::int64_t rest = 0;
    std::int64_t bound = 0;
  };
  enum class Source : std::uint8_t { stream, row, uniform };
  struct Operand {
    Source source = Source::uniform;
    int id = 0;
  };
  // row = op(a, b); exp is exp(scale·a) with the scale a uniform.
  struct Step {
    Op op = Op::add;
    Operand a;
    Operand b;
    int row = 0;
    int scale = kNone;
  };

  std::vector<std::int64_t> extents;  // by variable
  std::vector<int> outer;
  int lane = kNone;
  std::vector<int> reduced;
  Stream write;
  std::vector<Stream> reads;
  std::vector<Inequality> write_inequalities;  // an element outside is not written
  std::vector<Inequality> mask;                // an element outside takes `otherwise`
  std::vector<Inequality> point_inequalities;  // a point of the reduction outside is left out
  std::vector<Inequality> lane_inequalities;   // as before, those with the lane's variable
  std::vector<Inequality>
      seen;  // a point of the reduction outside is hidden by a mask, and left out (hidden.hpp)
  double otherwise = 0;
  Op reduction = Op::add;
  bool is_macc = false;  // a product under a sum: root_a · root_b + accumulator
  Operand root_a;        // what is stored or reduced
  Operand root_b;
  std::vector<Step> steps;
  int rows = 0;
  std::vector<int> uniform_nodes;  // nodes that are the same at every point, by uniform id
  std::vector<Node> nodes;
  std::size_t tensors = 0;
  std::size_t scalars = 0;
};

// ContractError for an Einsum that runs by points (points.hpp).
KernelPlan plan_kernel(const Cascade& cascade, EinsumId einsum, const Extents& extents,
                       const Blocks& blocks = {});

// The program alone: steps, roots, uniforms and the nodes behind them; nothing of loops.
KernelPlan plan_program(const Cascade& cascade, EinsumId einsum);

// Values of `uniform_nodes` in double precision, into `out`.
void evaluate_uniforms(const KernelPlan& plan, std::span<const double> scalars,
                       std::span<double> out);

}  // namespace weft::einsum
