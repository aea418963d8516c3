#include "sim/engine/step_state.hpp"

namespace weft::sim::engine {

weft::engine::TripRange Walker::range(const StepState& state, int loop) const {
  return trip_range(*lowering_, *sizing_, group_, *loops_, loop, state.at);
}

// Puts loops from index `from` on to their first iterations; false where a loop has none.
bool Walker::settle(StepState& state, std::size_t from) const {
  for (std::size_t i = from; i < loops_->size(); ++i) {
    const auto trips = range(state, (*loops_)[i]);
    if (trips.begin >= trips.end) return false;
    state.at[(*loops_)[i]] = trips.begin;
  }
  return true;
}

void Walker::start(StepState& state) const { check(settle(state, 0), "a step has no tile at all"); }

std::uint8_t Walker::next(StepState& state) const {
  std::uint8_t ended = 0;
  std::size_t i = loops_->size();
  while (i > 0) {
    const int loop = (*loops_)[--i];
    ended |= static_cast<std::uint8_t>(1u << loop);
    ++state.ordinal[loop];
    ++state.at[loop];
    // Inner loops without any tile left are passed over.
    while (state.at[loop] < range(state, loop).end) {
      if (settle(state, i + 1)) return ended;
      ++state.at[loop];
    }
  }
  state.finished = true;
  return ended;
}

bool Walker::last_of(const StepState& state, int loop) const {
  return state.at[loop] + 1 >= range(state, loop).end;
}

bool Walker::first_inside(const StepState& state, int loop) const {
  for (const int l : *loops_) {
    if (l > loop && state.at[l] != range(state, l).begin) return false;
  }
  return true;
}

}  // namespace weft::sim::engine
