#include "models/engine/analytic/simulated_runs.hpp"

#include <algorithm>
#include <utility>

#include "models/engine/analytic/walk_memo.hpp"

namespace weft::engine {
namespace {

// What a count may reach here; where one would be larger, a simulation says so.
constexpr std::int64_t kMostTold = std::int64_t{1} << 59;

// total + times * each; false where it does not stay within what is counted.
template <class Count>
bool add_times(Count& total, std::int64_t times, Count each) {
  std::int64_t more = 0;
  std::int64_t sum = 0;
  if (static_cast<std::uint64_t>(each) > static_cast<std::uint64_t>(kMostTold) ||
      static_cast<std::uint64_t>(total) > static_cast<std::uint64_t>(kMostTold) ||
      __builtin_mul_overflow(times, static_cast<std::int64_t>(each), &more) ||
      __builtin_add_overflow(static_cast<std::int64_t>(total), more, &sum))
    return false;
  total = static_cast<Count>(sum);
  return sum >= 0 && sum <= kMostTold;
}

}  // namespace

std::optional<SimulatedRun> SimulatedRun::with(std::int64_t more) const {
  SimulatedRun other = *this;
  if (more == 0) return other;
  if (passed.empty()) return std::nullopt;
  for (PassedHeads& heads : other.passed) {
    if (more % heads.heads != 0) return std::nullopt;
    const std::int64_t times = more / heads.heads;
    heads.periods += times;
    if (heads.periods < 1) return std::nullopt;  // none would have been passed over
    bool holds = add_times(other.cycles, times, heads.cycles) &&
                 add_times(other.skipped, times, heads.cycles) &&
                 add_times(other.periods, times, std::uint64_t{1});
    for (std::size_t i = 0; i < other.counts.size(); ++i)
      holds = holds && add_times(other.counts[i], times, heads.grown[i]);
    if (!holds) return std::nullopt;
  }
  return other;
}

StateHash::Value SimulatedRuns::key(const Lowering& lowering, const Sizing& sizing) {
  StateHash out;
  for (std::size_t g = 0; g < lowering.groups.size(); ++g) {
    const StateHash::Value group = WalkMemo::key(lowering, sizing, g);
    out.word(static_cast<std::int64_t>(group.low));
    out.word(static_cast<std::int64_t>(group.high));
  }
  return out.value();
}

std::optional<SimulatedRun> SimulatedRuns::find(const StateHash::Value& key,
                                                std::int64_t heads) const {
  const std::unique_lock lock(mutex_);
  const auto found = known_.find(key);
  if (found == known_.end()) return std::nullopt;
  std::optional<SimulatedRun> told = found->second.run.with(heads - found->second.heads);
  told_ += told ? 1 : 0;
  return told;
}

void SimulatedRuns::keep(const StateHash::Value& key, std::int64_t heads, SimulatedRun run) {
  const std::unique_lock lock(mutex_);
  const auto found = known_.find(key);
  // One that tells of others stays.
  if (found != known_.end() && run.passed.empty() && !found->second.run.passed.empty()) return;
  if (known_.size() >= kMost) known_.clear();
  known_[key] = {heads, std::move(run)};
}

void SimulatedRuns::forget() {
  const std::unique_lock lock(mutex_);
  known_.clear();
}

std::int64_t SimulatedRuns::told() const {
  const std::unique_lock lock(mutex_);
  return told_;
}

}  // namespace weft::engine
