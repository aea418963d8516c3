#include "sim/matmul/dot_array.hpp"

#include <algorithm>

#include "models/common/count.hpp"

namespace weft::sim::matmul {
namespace {

enum class DotCount : std::uint8_t { rows, multiplications };
constexpr std::array<CounterDeclaration, 2> kDotCounters{{
    {"rows", "rows", "of keys or values"},
    {"multiplications", "operations", "useful multiplications"},
}};
constexpr UnitClass kDotClass{"dot_array", kDotCounters};

constexpr std::size_t at(DotCount count) { return static_cast<std::size_t>(count); }

}  // namespace

DotArray::DotArray(const Config& config, RowKernels* kernels)
    : BeatPipeline(config.latency_cycles, config.latency_from),
      config_(config),
      kernels_(kernels) {}

const UnitClass& DotArray::unit_class() const { return kDotClass; }

void DotArray::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("out", out_);
}

Cycle DotArray::take(const RowBeat& beat) {
  QueryRow& row = *beat.row;
  const bool scores = config_.of == DotOf::scores;
  const std::int64_t products =
      static_cast<std::int64_t>(beat.count) * (scores ? row.width_qk : row.width_v);
  activity_.counter(at(DotCount::rows)) += static_cast<std::uint64_t>(beat.count);
  activity_.counter(at(DotCount::multiplications)) += static_cast<std::uint64_t>(products);
  if (kernels_ != nullptr) {
    if (scores) {
      kernels_->scores(row, beat.first, beat.count);
    } else if (beat.last) {
      kernels_->output(row);
    }
  }
  // A beat without rows takes as long as one of a row.
  const std::int64_t least = scores ? row.width_qk : row.width_v;
  return ceil_div(std::max(products, least), config_.multipliers);
}

bool DotArray::give(Cycle now, const RowBeat& beat) {
  if (config_.of == DotOf::outputs && !beat.last) return true;
  return out_.offer(now, beat);
}

}  // namespace weft::sim::matmul
