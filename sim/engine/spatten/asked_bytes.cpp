#include "sim/engine/spatten/asked_bytes.hpp"

#include "models/prune/ramp.hpp"
#include "sim/engine/spatten/step_rows.hpp"

namespace weft::sim::engine::spatten {
namespace {

double of_rows(const Run& run, const workload::Workload& workload, std::int64_t layers,
               std::uint64_t seed) {
  double bytes = 0;
  for (const workload::PrunedRow& row : step_rows(run, workload, layers, seed).rows)
    bytes += row.key_bytes() + row.value_bytes();
  return bytes;
}

// Keys and values of a head are loaded once for all its queries, the values of pruned products too.
double of_layers(const Run& run, const workload::Shape& shape, std::int64_t layers) {
  double bytes = 0;
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    const auto kept = [&](const weft::prune::Ramp& ramp, std::int64_t count, double front) {
      return static_cast<double>(weft::prune::kept_of(count, ramp.ratio(layer, layers, front)));
    };
    const double rows = kept(run.pruning.tokens, shape.seq_kv, weft::prune::kTokenFront) *
                        kept(run.pruning.heads, shape.heads, weft::prune::kHeadFront);
    bytes += rows *
             (static_cast<double>(shape.width_qk * run.numbers.key.upper) +
              static_cast<double>(shape.width_v * run.numbers.value.bits())) /
             8;
  }
  return bytes;
}

}  // namespace

std::array<double, 4> asked_bytes(const Run& run, const workload::Workload& workload,
                                  std::int64_t layers, std::uint64_t seed) {
  const auto bytes = [&](const Run& how) {
    return workload.is_program() ? of_rows(how, workload, layers, seed)
                                 : of_layers(how, workload.shape(), layers);
  };
  Run wide = run;
  wide.numbers.key = {32, 0};
  wide.numbers.value = {32, 0};
  Run dense = wide;
  dense.pruning = Pruning{};
  Run tokens = wide;
  tokens.pruning.heads = weft::prune::Ramp{};
  return {bytes(dense), bytes(tokens), bytes(wide), bytes(run)};
}

}  // namespace weft::sim::engine::spatten
