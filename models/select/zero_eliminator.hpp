// Compacts the valid ones of a vector, order kept (HPCA 2021, figure 10): a prefix sum counts the
// invalid places before each, then ⌈log₂ n⌉ layers of shifters, the first by one place, each next
// by twice as many, move each value by the bits of its count. No two values meet in one place.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace weft::select {

template <class T>
struct Slot {
  T value{};
  bool valid = false;
  std::int32_t shift = 0;  // places still to go towards the front
};

// ⌈log₂ places⌉: what tells every count from 0 to places − 1.
int shift_layers(std::int64_t places);

// How many invalid places stand before each.
std::vector<std::int32_t> zeros_before(std::span<const std::uint8_t> valid);

// One layer of shifters: what has bit `layer` in its count moves by 2^layer places.
template <class T>
void shift(std::vector<Slot<T>>& slots, int layer) {
  const std::size_t by = std::size_t{1} << layer;
  std::vector<Slot<T>> out(slots.size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i].valid) continue;
    const bool moves = (static_cast<std::size_t>(slots[i].shift) & by) != 0;
    out[moves ? i - by : i] = slots[i];
  }
  slots = std::move(out);
}

// The valid values first, in their order, then invalid places.
template <class T>
std::vector<Slot<T>> eliminate_zeros(std::span<const T> values,
                                     std::span<const std::uint8_t> valid) {
  const std::vector<std::int32_t> zeros = zeros_before(valid);
  std::vector<Slot<T>> slots(values.size());
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = {values[i], valid[i] != 0, zeros[i]};
  const int layers = shift_layers(static_cast<std::int64_t>(slots.size()));
  for (int layer = 0; layer < layers; ++layer) shift(slots, layer);
  return slots;
}

}  // namespace weft::select
