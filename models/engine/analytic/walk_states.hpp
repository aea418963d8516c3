// The states that a walk has been in, relative to now, and the periods in which they recur.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/common/state_hash.hpp"

namespace weft::engine {

class States {
 public:
  static constexpr std::size_t kMostSteps = 32;
  using Places = std::array<std::int32_t, kMostSteps>;

  // What happens between a state and its like.
  struct Period {
    std::int64_t cycles = 0;  // 0: not known yet
    Places moves{};           // iterations of the loop looked at, by step
    std::int64_t rows = 0;    // of the step that the loops outside are told relative to
    bool fetches = false;     // transfers are among it
  };
  struct Seen {
    std::int64_t time = 0;
    std::int64_t where = 0;  // the loops outside
    std::int64_t row = 0;    // of the loop looked at
    Places places{};
    std::size_t transfers = 0;  // so far
    Period period;
  };

  // What is known of a state; `anew` where it has not been seen before.
  Seen& find(const StateHash::Value& hash, bool& anew);

 private:
  static constexpr std::size_t kFirst = 64;
  static constexpr std::size_t kMost = std::size_t{1} << 14;
  struct Place {
    StateHash::Value hash;
    std::size_t seen = 0;  // one more than its index; 0: empty
  };

  Place& place_of(const StateHash::Value& hash);

  std::vector<Place> table_;
  std::vector<Seen> seen_;
};

}  // namespace weft::engine
