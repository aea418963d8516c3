// A queue with a fixed number of places, allocated once.
#pragma once

#include <cstddef>
#include <vector>

#include "models/common/error.hpp"

namespace weft::sim::memory {

template <class T>
class Ring {
 public:
  explicit Ring(std::size_t places) : places_(places) {}

  std::size_t size() const { return used_; }
  bool empty() const { return used_ == 0; }
  bool full() const { return used_ == places_.size(); }
  // The oldest is 0.
  const T& operator[](std::size_t i) const { return places_[at(i)]; }
  T& operator[](std::size_t i) { return places_[at(i)]; }
  const T& front() const { return (*this)[0]; }

  void pop_front() {
    check(!empty(), "nothing is queued");
    first_ = at(1);
    --used_;
  }
  void push_back(const T& value) {
    check(!full(), "a queue has no place for what came in");
    places_[at(used_++)] = value;
  }
  // Behind all that do not come after it: `after(a, b)` says that a comes after b.
  template <class After>
  void insert(const T& value, const After& after) {
    check(!full(), "a queue has no place for what came in");
    std::size_t i = used_++;
    for (; i > 0 && after((*this)[i - 1], value); --i) (*this)[i] = (*this)[i - 1];
    (*this)[i] = value;
  }

 private:
  std::size_t at(std::size_t i) const {
    const std::size_t index = first_ + i;
    return index < places_.size() ? index : index - places_.size();
  }

  std::vector<T> places_;
  std::size_t first_ = 0;
  std::size_t used_ = 0;
};

}  // namespace weft::sim::memory
