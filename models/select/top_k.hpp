// The coordinates of the k largest values, in their order: quick-select finds the k-th, then a
// filter passes over the values once more. Of values equal to the k-th, the first in order stay.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/select/quick_select.hpp"

namespace weft::select {

// Decides value by value, in their order.
template <class T>
class Filter {
 public:
  explicit Filter(const Selection<T>& selection)
      : passes_(selection.passes), threshold_(selection.threshold), ties_(selection.ties) {}

  bool keep(T value) {
    if (passes_ != Passes::threshold) return passes_ == Passes::all;
    if (value > threshold_) return true;
    if (value < threshold_ || ties_ == 0) return false;
    --ties_;
    return true;
  }
  std::int64_t ties_left() const { return ties_; }

 private:
  Passes passes_;
  T threshold_;
  std::int64_t ties_;
};

template <class T>
struct TopK {
  std::vector<std::int64_t> kept;  // coordinates, ascending
  Selection<T> selection;
};

template <class T>
TopK<T> top_k(std::span<const T> values, std::int64_t k, std::uint64_t seed, Fifos<T>& fifos) {
  TopK<T> done{{}, quick_select(values, k, seed, fifos)};
  Filter<T> filter(done.selection);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (filter.keep(values[i])) done.kept.push_back(static_cast<std::int64_t>(i));
  }
  return done;
}

template <class T>
TopK<T> top_k(std::span<const T> values, std::int64_t k, std::uint64_t seed) {
  Fifos<T> fifos;
  return top_k(values, k, seed, fifos);
}

}  // namespace weft::select
