// Bytes that parts of tensors take, from the bits of their formats.
//
// A row is what lies along the ranks that no transfer cuts: the width of a query, say. Its elements
// are packed bit behind bit, the scales of its tokens behind them; the row begins on a byte and
// takes whole bytes. In memory it is padded to whole beats of the data bus, where there is one. A
// tensor all of whose ranks are cut has no rows: a part of it is packed as it is, in whole bytes.
#pragma once

#include <cstdint>

#include "models/engine/schedule/sizing.hpp"

namespace weft::engine {

// Along the ranks of a tensor that a group does not tile.
struct Row {
  std::int64_t elements = 1;
  bool cut = true;  // every rank is tiled: there are no rows, and parts count in elements
};
Row row_of(const Lowering& lowering, const Sizing& sizing, std::size_t group, TensorId tensor);

// What 64 bits do not hold is the largest number, here and below.
std::int64_t row_bytes(const Lowering& lowering, const Sizing& sizing, TensorId tensor,
                       std::int64_t elements);

// Bytes of `rows` rows (elements, where the tensor is cut in all ranks): as they come from and go
// to memory, and in the buffer.
std::int64_t bytes_in_memory(const Lowering& lowering, const Sizing& sizing, TensorId tensor,
                             const Row& row, std::int64_t rows);
std::int64_t bytes_in_buffer(const Lowering& lowering, const Sizing& sizing, TensorId tensor,
                             const Row& row, std::int64_t rows);

// An element is whole bytes, and nothing lies between elements: there is no rounding, whatever the
// rows.
inline bool is_plain(const numerics::Format& format) {
  return format.bits % 8 == 0 && !numerics::has_scales_of_tokens(format);
}

// The buffer's, of a region of a group that has `elements` (region_elements()).
std::int64_t region_bytes_in_rows(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                                  TensorId tensor, std::int64_t elements);
inline std::int64_t region_bytes(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                                 TensorId tensor, std::int64_t elements) {
  const numerics::Format& format = lowering.tensors[tensor].format;
  return is_plain(format) ? capped_times(elements, format.bits / 8)
                          : region_bytes_in_rows(lowering, sizing, group, tensor, elements);
}

// Without the memory's padding, of any number of whole tensors of a group.
Total total_bytes(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                  TensorId tensor, const Total& elements);

// Bytes that a row of a tensor in memory takes: whole beats, where its data bus has them.
inline std::int64_t padded_row(const Dram& dram, std::int64_t bytes) {
  return dram.bus_bytes ? round_up(bytes, *dram.bus_bytes) : bytes;
}

}  // namespace weft::engine
