// A unit's state relative to a base, as words: two equal sequences mean the same state, shifted in
// time and tiles.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/common/time.hpp"

namespace weft::sim {

class StateWords {
 public:
  explicit StateWords(Cycle now) : now_(now) {}

  void word(std::int64_t value) { words_.push_back(value); }
  void time(Cycle t) { words_.push_back(t == kNever ? kNever : t - now_); }
  // A time that no longer matters once it lies `horizon` cycles back.
  void recent_time(Cycle t, Cycle horizon) { words_.push_back(std::max(t - now_, -horizon)); }
  Cycle now() const { return now_; }

  const std::vector<std::int64_t>& words() const { return words_; }
  std::vector<std::int64_t> take() { return std::move(words_); }

 private:
  Cycle now_;
  std::vector<std::int64_t> words_;
};

}  // namespace weft::sim
