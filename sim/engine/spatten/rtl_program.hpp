// A trace on the RTL of the SpAtten engine, layer by layer: what memory and registers are told of a
// layer, its queries, and what comes of it. Scores, probabilities, importances and who is selected
// are computed by the models beside it; outputs are the RTL's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sim/engine/spatten/trace_program.hpp"
#include "sim/rtl/spatten_engine.hpp"

namespace weft::sim::engine::spatten {

// Bytes of the planes of keys (both) and values.
struct PlaneBytes {
  std::uint64_t keys = 0;
  std::uint64_t values = 0;
};

// The register pruned_share that leaves as many of n values out as `ratio` does, for every n up to
// `most`; nothing where none does.
std::optional<std::uint64_t> pruned_share(double ratio, std::int64_t most);

class RtlProgram : public TraceProgram, public rtl::SpattenHost {
 public:
  // The trace and the layout outlive it; `base` is the address of the planes' first byte, `share`
  // pruned_share().
  RtlProgram(const Run& run, const workload::Trace& trace, std::uint64_t seed, const Layout& layout,
             std::uint64_t base, std::uint64_t share);

  // What the engine is told of the next layer, whose rows go to `memory`, which begins at `base`;
  // nothing behind the last.
  std::optional<rtl::SpattenLayer> begin_layer_in(std::span<std::uint8_t> memory);
  // Behind a layer: ContractError where the engine did not do what the models say.
  void end_layer(const rtl::SpattenEngine& engine);

  void query(std::int64_t head, std::int64_t query, std::int64_t first,
             std::span<std::int16_t> elements) override;
  void output(std::int64_t head, std::int64_t query, std::int64_t first,
              std::span<const float> values) override;

  const PlaneBytes& asked() const { return asked_; }
  std::int64_t rows_done() const { return rows_done_; }

 protected:
  // Of a head's outputs in the order in which they came: that of the queries, but for those that
  // were computed again.
  float magnitude(std::size_t head) const override { return magnitudes_[head]; }

 private:
  rtl::SpattenPlane plane(Plane plane, std::int64_t bits, std::int64_t width) const;
  void put_plane(Plane plane, std::int64_t bits, const weft::quant::Quantised& from,
                 std::span<std::uint8_t> memory) const;
  void check_alive(const rtl::SpattenAlive& alive) const;
  void finish_row();
  void count_asked(const QueryRow& row);

  const Layout& layout_;
  std::uint64_t base_;
  std::uint64_t share_;
  const rtl::SpattenEngine* engine_ = nullptr;  // that has done a layer
  std::optional<LayerPlan> plan_;
  QueryRow row_;                   // whose outputs come
  std::vector<float> magnitudes_;  // of the layer, by place of the head
  std::vector<bool> lower_asked_;
  std::int64_t rows_ = 0;  // of the layer, done
  bool selected_ = false;  // behind the layer before
  std::int64_t recomputed_ = 0;
  std::int64_t rows_done_ = 0;
  PlaneBytes asked_;
};

}  // namespace weft::sim::engine::spatten
