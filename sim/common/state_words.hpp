// The state of an assembly relative to now, as words: two equal sequences mean the same state,
// shifted in time and iterations. `level`: the loop of the driver's program whose iterations may
// differ.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/common/time.hpp"

namespace weft::sim {

class StateWords {
 public:
  explicit StateWords(Cycle tick, int level = 0) : tick_(tick), now_(tick), level_(level) {}

  // Times that follow are cycles of a clock with this period.
  void in_clock(Cycle period_ticks) { now_ = tick_ / period_ticks; }

  void word(std::int64_t value) { words_.push_back(value); }
  void time(Cycle t) { words_.push_back(t == kNever ? kNever : t - now_); }
  // A time that no longer matters once it lies `horizon` cycles back.
  void recent_time(Cycle t, Cycle horizon) { words_.push_back(std::max(t - now_, -horizon)); }
  Cycle now() const { return now_; }
  Cycle tick() const { return tick_; }
  int level() const { return level_; }

  const std::vector<std::int64_t>& words() const { return words_; }
  std::vector<std::int64_t> take() { return std::move(words_); }

 private:
  Cycle tick_;
  Cycle now_;
  int level_;
  std::vector<std::int64_t> words_;
};

}  // namespace weft::sim
