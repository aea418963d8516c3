// The values of a schedule: every firing's Einsums over its tile, in the arithmetic of the machine,
// head by head and block by block of a rank whose coordinates never meet. A firing's values depend
// on its tile alone, not on its cycle, so the order here is one that takes little memory; what the
// schedule does too early, Arrivals sees.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "models/einsum/blocks.hpp"
#include "models/einsum/kernel.hpp"
#include "models/engine/schedule/schedule.hpp"
#include "models/numerics/arithmetic.hpp"
#include "sim/engine/tile_range.hpp"

namespace weft::sim::engine {

class Replay {
 public:
  using Tensor = std::vector<float>;

  Replay(const weft::engine::Schedule& schedule, std::vector<double> scalars);

  // One trip of loop bh: a head, or heads that run together. `tensors` by id: inputs are read,
  // outputs filled, both whole and row-major; others are not looked at. `between` is called now and
  // then with the share done, and may throw.
  void run(std::int64_t head, std::vector<Tensor>& tensors,
           const std::function<void(double)>& between);

 private:
  using KernelType = einsum::Kernel<numerics::Bf16Arithmetic>;
  struct Work {
    einsum::EinsumId einsum = einsum::kNone;
    bool in_blocks = false;
    bool sums_tiles = false;        // of the pass rank: what is there already is added to
    std::vector<TileRange> ranges;  // by iteration rank
  };
  struct Step {
    int array = 0;
    bool reduces_tiles = false;
    std::vector<Work> works;
    struct LastGeneration {
      einsum::TensorId tensor = einsum::kNone;
      std::size_t dimension = 0;
      TileRange queries;
    };
    std::vector<LastGeneration> last_generations;  // read by the step, under a mask
  };
  struct Stage {
    std::vector<int> loops;
    std::vector<Step> steps;
    int merged = einsum::kNone;      // an innermost loop whose tiles are run as one
    int block_loop = einsum::kNone;  // of the rank in blocks
    int tile_loop = einsum::kNone;
    weft::engine::RankSize size;
  };
  enum class Only : std::uint8_t { once, in_blocks };

  Stage stage_of(std::size_t group, std::size_t stage) const;
  Step step_of(std::size_t group, const weft::engine::LoweredStep& lowered) const;
  void block_loops(std::size_t group, Stage& stage) const;
  std::vector<numerics::Format> partial_formats() const;
  void hold(std::vector<Tensor>& tensors);
  void fill_hidden();
  void hidden_rows(Tensor& data, einsum::TensorId tensor, float otherwise) const;
  void pass(Only only);
  void walk(std::size_t group, const Stage& stage, std::size_t index, Only only);
  Range trips(std::size_t group, const Stage& stage, std::size_t index, Only only) const;
  void fire(std::size_t group, const Stage& stage, Only only);
  void last_generation(std::size_t group, const Step& step);
  void write_back(std::vector<Tensor>& tensors) const;

  const weft::engine::Schedule& schedule_;
  const weft::engine::Lowering& lowering_;
  const weft::engine::Sizing& sizing_;
  const einsum::Cascade cascade_;  // over the rows of heads that run together
  std::vector<double> scalars_;
  einsum::Blocks blocks_;
  std::vector<einsum::RankId> separable_;
  std::vector<std::unique_ptr<KernelType>> kernels_;                    // by Einsum
  std::vector<std::unique_ptr<numerics::Bf16Arithmetic>> arithmetics_;  // by array
  std::vector<std::unique_ptr<numerics::Bf16Arithmetic>>
      partials_;  // by array: a sum over tiles is fp32 until its last tile
  std::vector<std::vector<Stage>> stages_;  // by group
  std::vector<Tensor> held_;                // by tensor, but for inputs
  std::vector<float*> pointers_;
  weft::engine::Coordinates at_{};
  std::int64_t merged_end_ = 0;
  Range block_;
  einsum::Box box_;
};

}  // namespace weft::sim::engine
