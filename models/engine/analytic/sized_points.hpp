// Points that were sized before: what points of one design that differ in batch, heads or layers
// alone have in common, so that it is found and counted once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/common/state_hash.hpp"
#include "models/engine/analytic/analytic.hpp"
#include "models/engine/schedule/sizing.hpp"

namespace weft::engine {

// A lowering at one shape.
struct Candidate {
  const Lowering* lowering = nullptr;
  Sizing sizing;
  std::shared_ptr<const HeadWork> work{};  // where it has been counted
};

// The last of them. For one thread. It knows designs by where their lowerings lie: forget() before
// one of which it has points goes.
class SizedPoints {
 public:
  using Candidates = std::vector<Candidate>;

  static StateHash::Value key(const Lowering& first, const workload::Shape& shape,
                              const std::array<std::int64_t, kQuantities>& quantities);

  // All lowerings of a design; none where the point is new. Valid until the next call.
  Candidates& find(const StateHash::Value& key);
  void forget() { known_.clear(); }

 private:
  static constexpr std::size_t kMost = 64;
  struct Known {
    StateHash::Value key;
    Candidates candidates;
  };
  std::vector<Known> known_;
};

}  // namespace weft::engine
