#include "models/evaluation/fusemax/linear_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/common/error.hpp"
#include "models/evaluation/fusemax/rule_parts.hpp"

namespace weft::evaluation {
namespace {

// rows×depth times depth×columns.
struct Extents {
  const char* name = "";
  std::int64_t rows = 0;     // X
  std::int64_t depth = 0;    // K
  std::int64_t columns = 0;  // C
};

struct Buffer {
  std::int64_t bytes = 0;
  BufferRowCosts row;
};

// Times that the weights stream: once where all of them fit beside a tile of rows, else once for
// each block of rows. The depth is never split.
double weight_repeats(const Extents& extents, std::int64_t buffer_bytes) {
  const std::int64_t words = buffer_bytes / kWordBytes;
  if ((extents.columns + kSide) * extents.depth <= words) return 1;
  const std::int64_t block = largest_divisor(extents.rows, words / extents.depth - kSide);
  if (block == 0) {
    throw ConfigError(Problem{{},
                              extents.name,
                              std::to_string(extents.depth),
                              fmt::format("no row fits into {} bytes", buffer_bytes)});
  }
  return static_cast<double>(extents.rows / block);
}

LinearProduct evaluate_product(const Extents& extents, const Buffer& buffer, const RuleCosts& costs,
                               const Mends& mends) {
  const auto rows = static_cast<double>(extents.rows);
  const auto depth = static_cast<double>(extents.depth);
  const auto columns = static_cast<double>(extents.columns);
  const double weights = weight_repeats(extents, buffer.bytes) * depth * columns;
  Counts counts;
  counts.macs = rows * depth * columns;
  counts.dram = rows * depth + weights + rows * columns;
  counts.buffer_reads = 2 * counts.macs / kSide;
  counts.buffer_writes = rows * depth + weights;  // results bypass the buffer
  LinearProduct product{.name = extents.name};
  product.latency_s = std::max(memory_seconds(counts.dram),
                               seconds(counts.macs / static_cast<double>(kSide * kSide)));
  product.traffic_bytes = counts.dram * kWordBytes;
  product.energy_pj = energy_of(counts, buffer.row, costs, mends).total();
  return product;
}

}  // namespace

LinearResult evaluate_linear(Config config, const Model& model, std::int64_t length,
                             const RuleCosts& costs, const Mends& mends) {
  sizes_of(model, length, kSide);  // refuses what is out of range
  if (model.model_width < 1 || model.feed_forward < 1) {
    throw ConfigError(Problem{{},
                              "model",
                              fmt::format("{}, {}", model.model_width, model.feed_forward),
                              "widths must be 1 or more"});
  }
  const bool large = config == Config::unfused || config == Config::flat;
  const Buffer buffer{.bytes = large ? kFlatBufferBytes : kFuseMaxBufferBytes,
                      .row = large ? costs.buffer_32_mib : costs.buffer_16_mib};
  const std::int64_t rows = kBatch * length;
  const std::int64_t heads = model.heads * model.width;
  const std::array<Extents, 6> all{{{"Q", rows, model.model_width, heads},
                                    {"K", rows, model.model_width, heads},
                                    {"V", rows, model.model_width, heads},
                                    {"Z", rows, heads, model.model_width},
                                    {"FFN1", rows, model.model_width, model.feed_forward},
                                    {"FFN2", rows, model.feed_forward, model.model_width}}};
  LinearResult result;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const LinearProduct product = evaluate_product(all[i], buffer, costs, mends);
    result.products[i] = product;
    result.latency_s += product.latency_s;
    result.traffic_bytes += product.traffic_bytes;
    result.energy_pj += product.energy_pj;
  }
  return result;
}

}  // namespace weft::evaluation
