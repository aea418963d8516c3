// What is read off a result at the edge, by the writers of JSON, CSV and stores alike.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "models/engine/design/design.hpp"
#include "models/engine/result/result.hpp"

namespace weft::engine {

// Of a causal point that was refused because the design has no causal cascade: the other.
inline const Lowering& lowering_of(const Design& design, const Result& result) {
  return design.lowering(result.shape.causal && design.binding().causal_cascade);
}

// Whether every invocation of a program has a figure of the first shape.
template <class T, class Of>
bool is_alike(const Result& result, const T& first, const Of& of) {
  return std::all_of(result.invocations.begin(), result.invocations.end(),
                     [&](const program::Invocation& one) { return of(one) == first; });
}

inline constexpr std::array<std::pair<std::string_view, std::int64_t workload::Shape::*>, 7>
    kExtents{{{"batch", &workload::Shape::batch},
              {"heads", &workload::Shape::heads},
              {"kv_heads", &workload::Shape::kv_heads},
              {"seq_q", &workload::Shape::seq_q},
              {"seq_kv", &workload::Shape::seq_kv},
              {"width_qk", &workload::Shape::width_qk},
              {"width_v", &workload::Shape::width_v}}};

inline bool has_kind(const Lowering& lowering, ArrayKind kind) {
  return std::any_of(lowering.arrays.begin(), lowering.arrays.end(),
                     [&](const Array* array) { return array->kind == kind; });
}

// MACs a cycle at most, of which useful_macs is a share.
inline double mac_slots(const Lowering& lowering) {
  double slots = 0;
  for (const Array* array : lowering.arrays) {
    if (array->kind == ArrayKind::spatial)
      slots += static_cast<double>(*array->rows) * static_cast<double>(*array->columns);
  }
  return slots;
}

inline std::uint64_t dram_bytes(const Result& result) {
  std::uint64_t total = 0;
  for (const Traffic& traffic : result.traffic) {
    if (traffic.level == UnitKind::dram) total += traffic.read_bytes + traffic.written_bytes;
  }
  return total;
}

inline double achieved_bytes_per_s(const Result& result) {
  return result.cycles == 0 ? 0 : static_cast<double>(dram_bytes(result)) / result.seconds();
}

}  // namespace weft::engine
