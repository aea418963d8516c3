// Cascade pruning's memory (HPCA 2021, section III): the importance of tokens and heads, added up
// over heads, layers and steps, and since which layer each is gone. What is gone in a layer is gone
// in all that follow it, in this step and in every later one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/select/top_k.hpp"

namespace weft::prune {

// Tokens or heads: T is what importance is counted in.
template <class T>
class Survivors {
 public:
  Survivors(std::int64_t count, std::int64_t layers)
      : layers_(layers),
        importance_(static_cast<std::size_t>(count)),
        gone_from_(static_cast<std::size_t>(count), layers) {}

  std::int64_t count() const { return static_cast<std::int64_t>(importance_.size()); }
  std::int64_t layers() const { return layers_; }

  // Those alive in a layer, ascending.
  std::vector<std::int64_t> alive(std::int64_t layer) const {
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < gone_from_.size(); ++i) {
      if (gone_from_[i] > layer) out.push_back(static_cast<std::int64_t>(i));
    }
    return out;
  }
  T importance(std::int64_t index) const { return importance_[static_cast<std::size_t>(index)]; }
  void set_importance(std::int64_t index, T value) {
    importance_[static_cast<std::size_t>(index)] = value;
  }

  // One more, of no importance, alive in all layers: a decoder's next token.
  void append() {
    importance_.push_back(T{});
    gone_from_.push_back(layers_);
  }

  // Of those alive in `layer`, all but the `kept` most important are gone from it on; of equal ones
  // the first stay. The last `recent` of all stay whatever they are worth.
  select::Selection<T> prune(std::int64_t layer, std::int64_t kept, std::uint64_t seed,
                             std::int64_t recent = 0) {
    std::vector<std::int64_t> candidates = alive(layer);
    std::int64_t protected_ones = 0;
    while (protected_ones < kept && !candidates.empty() && candidates.back() >= count() - recent) {
      candidates.pop_back();
      ++protected_ones;
    }
    std::vector<T> worth;
    for (const std::int64_t i : candidates) worth.push_back(importance(i));
    const select::TopK<T> chosen =
        select::top_k(std::span<const T>(worth), kept - protected_ones, seed);
    std::size_t next = 0;
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      if (next < chosen.kept.size() && chosen.kept[next] == static_cast<std::int64_t>(c)) {
        ++next;
      } else {
        gone_from_[static_cast<std::size_t>(candidates[c])] = layer;
      }
    }
    return chosen.selection;
  }

 private:
  std::int64_t layers_;
  std::vector<T> importance_;
  std::vector<std::int64_t> gone_from_;  // the first layer without it; `layers` is none
};

// Integer probabilities added up, exact in any order.
using Tokens = Survivors<std::int64_t>;
// Magnitudes of outputs added up in fp32.
using Heads = Survivors<float>;

}  // namespace weft::prune
