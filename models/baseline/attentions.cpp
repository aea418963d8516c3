#include "models/baseline/attentions.hpp"

#include <algorithm>

#include "models/workload/spatten_csv.hpp"

namespace weft::baseline {
namespace {

using program::Invocation;
using workload::PrunedRow;

std::vector<Invocation> of_rows(const workload::PrunedRows& rows, const workload::Shape& shape) {
  std::vector<Invocation> all;
  std::int32_t iteration = -1;
  std::int32_t layer = -1;
  for (const PrunedRow& row : rows.rows) {
    if (row.iteration != iteration) {
      Invocation& next = all.emplace_back();
      next.shape = shape;
      next.shape.seq_q = 1;
      next.shape.seq_kv = 1;
      next.layers = 0;
      layer = -1;
    }
    iteration = row.iteration;
    Invocation& here = all.back();
    here.shape.seq_kv = std::max<std::int64_t>(here.shape.seq_kv, row.sentence);
    here.layers += row.layer != layer ? 1 : 0;
    layer = row.layer;
  }
  return all;
}

std::vector<Invocation> expanded(const program::Program& program) {
  std::vector<Invocation> all;
  program::Expansion expansion(program);
  while (const auto invocation = expansion.next(true)) all.push_back(*invocation);
  return all;
}

double heads_of(const Invocation& attention, std::int64_t heads) {
  return static_cast<double>(attention.layers) * static_cast<double>(attention.shape.batch) *
         static_cast<double>(heads);
}

}  // namespace

std::vector<Invocation> attentions_of(const workload::Workload& workload,
                                      const engine::RunOptions& options) {
  if (options.trace != nullptr) return {{options.trace->shape, engine::layers_of(options)}};
  if (workload.pruned != nullptr) return of_rows(*workload.pruned, workload.shape());
  if (options.program != nullptr) return expanded(*options.program);
  if (workload.is_program()) return expanded(program::Program::of(workload, options.layers));
  return {{workload.shape(), options.layers}};
}

double seen_pairs(const workload::Shape& shape) {
  if (!shape.causal) return static_cast<double>(shape.seq_q) * static_cast<double>(shape.seq_kv);
  double pairs = 0;
  for (std::int64_t query = 0; query < shape.seq_q; ++query)
    pairs += static_cast<double>(shape.visible_keys(query));
  return pairs;
}

double operations_of(const Invocation& attention, bool masked) {
  const workload::Shape& shape = attention.shape;
  workload::Shape counted = shape;
  counted.causal = masked && shape.causal;
  return 2 * heads_of(attention, shape.heads) * seen_pairs(counted) *
         static_cast<double>(shape.width_qk + shape.width_v);
}

double key_bytes(const Invocation& attention, double bits) {
  return heads_of(attention, attention.shape.kv_heads) *
         static_cast<double>(attention.shape.seq_kv) *
         static_cast<double>(attention.shape.width_qk) * bits / 8;
}

double value_bytes(const Invocation& attention, double bits) {
  return heads_of(attention, attention.shape.kv_heads) *
         static_cast<double>(attention.shape.seq_kv) *
         static_cast<double>(attention.shape.width_v) * bits / 8;
}

}  // namespace weft::baseline
