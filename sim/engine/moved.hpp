// What a run has moved, tensor by tensor, and how it goes into a result: the same of SystemC and of
// the RTL.
#pragma once

#include <cstdint>
#include <span>

#include "models/engine/result/result.hpp"

namespace weft::sim::engine {

// Bytes moved of one tensor, by memory level.
struct TensorBytes {
  std::uint64_t dram_read = 0;
  std::uint64_t dram_written = 0;
  std::uint64_t buffer_read = 0;
  std::uint64_t buffer_written = 0;
};

// Of all tensors, between the buffer and the memory. TooLarge where 64 bits do not hold it.
std::uint64_t bytes_filled(std::span<const TensorBytes> moved);
std::uint64_t bytes_emptied(std::span<const TensorBytes> moved);

// Rows of the buffer that those bytes are, into its counters.
void count_rows_moved(std::span<const TensorBytes> moved, std::int64_t row_bytes,
                      weft::engine::Counters& buffer);

// `moved` is by TensorId.
void add_traffic(std::span<const TensorBytes> moved, weft::engine::Result& result);

// Adds a unit to a result whose cycles are known; what it was neither busy nor held up, it was
// idle.
void add_unit(weft::engine::UnitResult unit, weft::engine::Result& result);

}  // namespace weft::sim::engine
