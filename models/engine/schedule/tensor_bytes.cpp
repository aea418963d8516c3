#include "models/engine/schedule/tensor_bytes.hpp"

namespace weft::engine {
namespace {

// ⌈elements · bits / 8⌉ without more bits on the way than the result has.
std::int64_t packed_bytes(const numerics::Format& format, std::int64_t elements) {
  return capped_plus(capped_times(elements / 8, format.bits),
                     numerics::bytes_of_bits(elements % 8 * format.bits));
}

// Scales among the elements of a row.
std::int64_t scales_of_row(const Lowering& lowering, const Sizing& sizing, TensorId tensor,
                           std::int64_t elements) {
  const LoweredTensor& lowered = lowering.tensors[tensor];
  if (!numerics::has_scales_of_tokens(lowered.format)) return 0;
  const std::int64_t channels = sizing.extents[lowered.channel];
  return capped_times(elements / channels, numerics::scales_of_token(lowered.format, channels));
}

}  // namespace

Row row_of(const Lowering& lowering, const Sizing& sizing, std::size_t g, TensorId tensor) {
  Row row;
  for (const GroupRank& d : lowering.groups[g].dimensions[tensor]) {
    if (d.outer || d.tiled != kNone) continue;
    row.elements = capped_times(row.elements, sizing.extents[d.rank]);
    row.cut = false;
  }
  return row;
}

std::int64_t row_bytes(const Lowering& lowering, const Sizing& sizing, TensorId tensor,
                       std::int64_t elements) {
  constexpr std::int64_t kScaleBytes = numerics::kScaleBits / 8;
  const numerics::Format& format = lowering.tensors[tensor].format;
  if (is_plain(format)) return capped_times(elements, format.bits / 8);
  return capped_plus(packed_bytes(format, elements),
                     capped_times(scales_of_row(lowering, sizing, tensor, elements), kScaleBytes));
}

std::int64_t bytes_in_memory(const Lowering& lowering, const Sizing& sizing, TensorId tensor,
                             const Row& row, std::int64_t rows) {
  if (row.cut) return packed_bytes(lowering.tensors[tensor].format, rows);
  return capped_times(
      rows, padded_row(lowering.arch->dram, row_bytes(lowering, sizing, tensor, row.elements)));
}

std::int64_t bytes_in_buffer(const Lowering& lowering, const Sizing& sizing, TensorId tensor,
                             const Row& row, std::int64_t rows) {
  if (row.cut) return packed_bytes(lowering.tensors[tensor].format, rows);
  return capped_times(rows, row_bytes(lowering, sizing, tensor, row.elements));
}

std::int64_t region_bytes_in_rows(const Lowering& lowering, const Sizing& sizing, std::size_t g,
                                  TensorId tensor, std::int64_t elements) {
  const Row row = row_of(lowering, sizing, g, tensor);
  return bytes_in_buffer(lowering, sizing, tensor, row, elements / row.elements);
}

Total total_bytes(const Lowering& lowering, const Sizing& sizing, std::size_t g, TensorId tensor,
                  const Total& elements) {
  const numerics::Format& format = lowering.tensors[tensor].format;
  if (is_plain(format)) return elements * (format.bits / 8);
  const Row row = row_of(lowering, sizing, g, tensor);
  if (row.cut) return (elements * format.bits).over(8);
  return elements.over(row.elements) * row_bytes(lowering, sizing, tensor, row.elements);
}

}  // namespace weft::engine
