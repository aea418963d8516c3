#include "models/engine/analytic/walk_states.hpp"

#include <algorithm>

namespace weft::engine {

States::Place& States::place_of(const StateHash::Value& hash) {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = hash.folded() & mask;
  while (table_[at].seen != 0 && !(table_[at].hash == hash)) at = (at + 1) & mask;
  return table_[at];
}

States::Seen& States::find(const StateHash::Value& hash, bool& anew) {
  if (seen_.size() == kMost) {  // begins anew
    seen_.clear();
    table_.clear();
  }
  if (table_.size() < 2 * (seen_.size() + 1)) {
    seen_.reserve(table_.size());
    std::vector<Place> before(std::max(kFirst, table_.size() * 4));
    before.swap(table_);
    for (const Place& place : before) {
      if (place.seen != 0) place_of(place.hash) = place;
    }
  }
  Place& place = place_of(hash);
  anew = place.seen == 0;
  if (!anew) return seen_[place.seen - 1];
  Seen& made = seen_.emplace_back();
  place = {hash, seen_.size()};
  return made;
}

}  // namespace weft::engine
