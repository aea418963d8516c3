// What is known of points before: those of one design that differ in batch, heads or layers alone
// are sized alike, and go the same way, head after head, so that one walk tells the time of them
// all.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "models/common/state_hash.hpp"
#include "models/engine/analytic/simulated_runs.hpp"
#include "models/engine/analytic/sized_points.hpp"
#include "models/engine/analytic/walk.hpp"
#include "models/engine/schedule/sizing.hpp"

namespace weft::engine {

// Walks are for several threads at once. It knows designs by where their lowerings lie: forget()
// before one that has been run with it goes.
class WalkMemo {
 public:
  // `shared`: where walks are looked for and kept, if not here; it outlives this one.
  explicit WalkMemo(WalkMemo* shared = nullptr) : shared_(shared) {}

  // For one thread.
  SizedPoints& sized() { return sized_; }
  // In SystemC.
  SimulatedRuns& simulated() { return shared_ != nullptr ? shared_->simulated() : simulated_; }

  // What a group's walk depends on, but for the number of heads (trips of loop bh).
  static StateHash::Value key(const Lowering& lowering, const Sizing& sizing, std::size_t group);

  // The walk of as many heads, where it is known or follows: to the cycle what a walk would give.
  std::optional<Walked> find(const StateHash::Value& key, std::int64_t heads) const;
  void keep(const StateHash::Value& key, std::int64_t heads, const Walked& walked);
  void forget();
  std::int64_t told() const { return told_; }  // walks that were known

 private:
  static constexpr std::size_t kMost = std::size_t{1} << 16;  // walks, until all are forgotten
  struct Hash {
    std::size_t operator()(const StateHash::Value& key) const { return key.folded(); }
  };
  struct Known {
    std::int64_t heads = 0;
    Walked walked;
  };
  WalkMemo* shared_;
  SizedPoints sized_;
  SimulatedRuns simulated_;
  mutable std::atomic<std::int64_t> told_{0};
  mutable std::mutex mutex_;
  std::unordered_map<StateHash::Value, Known, Hash> known_;
};

}  // namespace weft::engine
