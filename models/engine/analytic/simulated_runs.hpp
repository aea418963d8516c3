// Simulations of points before: those of one design that differ in batch, heads or layers alone go
// alike, cycle for cycle, until their heads are passed over because they recur, and again behind
// that. So one of them tells what another would have counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "models/common/state_hash.hpp"
#include "models/engine/binding/lowering.hpp"
#include "models/engine/schedule/sizing.hpp"

namespace weft::engine {

// Whole heads that a simulation passed over: `periods` of so many heads and cycles each, in every
// one of which counts grow by `grown`.
struct PassedHeads {
  std::int64_t heads = 0;
  std::int64_t periods = 0;
  std::int64_t cycles = 0;
  std::vector<std::uint64_t> grown;
};

// A simulation at its end: all that its result is told from.
struct SimulatedRun {
  std::int64_t cycles = 0;
  std::uint64_t periods = 0;  // passed over, of any loop
  std::int64_t skipped = 0;   // cycles in them
  std::vector<std::uint64_t> counts;
  std::vector<PassedHeads> passed;  // by group; empty where it does not tell of others

  // The same with so many heads more, or fewer; nothing where that does not follow.
  std::optional<SimulatedRun> with(std::int64_t more) const;
};

// For several threads at once. It knows designs by where their lowerings lie: forget() before one
// goes.
class SimulatedRuns {
 public:
  // What a run depends on, but for the number of heads (trips of loop bh).
  static StateHash::Value key(const Lowering& lowering, const Sizing& sizing);

  // The run of as many heads, where one before tells it: to the cycle and the count what a
  // simulation would give.
  std::optional<SimulatedRun> find(const StateHash::Value& key, std::int64_t heads) const;
  void keep(const StateHash::Value& key, std::int64_t heads, SimulatedRun run);
  void forget();
  std::int64_t told() const;  // runs that were known

 private:
  static constexpr std::size_t kMost = std::size_t{1} << 12;  // runs, until all are forgotten
  struct Hash {
    std::size_t operator()(const StateHash::Value& key) const { return key.folded(); }
  };
  struct Known {
    std::int64_t heads = 0;
    SimulatedRun run;
  };
  mutable std::mutex mutex_;
  mutable std::int64_t told_ = 0;
  std::unordered_map<StateHash::Value, Known, Hash> known_;
};

}  // namespace weft::engine
