#include <algorithm>

#include "models/engine/schedule/sizing.hpp"

namespace weft::engine {

std::array<std::int64_t, kQuantities> quantities_of(const workload::Workload& workload,
                                                    const workload::Shape& shape) {
  std::array<std::int64_t, kQuantities> all{};
  const auto put = [&](Quantity quantity, std::int64_t value) {
    all[static_cast<std::size_t>(quantity)] = std::max<std::int64_t>(1, value);
  };
  put(Quantity::seq_q, shape.seq_q);
  put(Quantity::seq_kv, shape.seq_kv);
  put(Quantity::width_qk, shape.width_qk);
  put(Quantity::width_v, shape.width_v);
  put(Quantity::model_width, workload.model_width);
  put(Quantity::feed_forward_width, workload.feed_forward_width);
  return all;
}

Sizing size_point(const Lowering& lowering, const workload::Workload& workload,
                  const workload::Shape& shape, std::int64_t layers) {
  return size_design(lowering, shape, quantities_of(workload, shape), layers);
}

}  // namespace weft::engine
