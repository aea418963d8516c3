#include "sim/assembly/steady_state.hpp"

#include "models/common/state_hash.hpp"

namespace weft::sim {
namespace {

std::uint64_t hash_of(const std::vector<std::int64_t>& words) {
  StateHash hash;
  for (const std::int64_t word : words) hash.word(word);
  return hash.value().folded();
}

}  // namespace

bool SteadyState::same_outer(const Level& level, int index, std::size_t phase, const Position& at) {
  if (level.phase != phase) return false;
  for (int l = 0; l < index; ++l) {
    if (level.outer[l] != at[l]) return false;
  }
  return true;
}

bool SteadyState::wants(int index, std::size_t phase, const Position& at) {
  Level& level = levels_[static_cast<std::size_t>(index)];
  if (level.taken == 0 || !same_outer(level, index, phase, at)) {
    if (level.taken >= kMost) ++level.failures;
    if (level.phase != phase) level.failures = 0;
    level.phase = phase;
    level.outer = at;
    level.taken = 0;
    level.snapshots.clear();
  }
  return level.taken < kMost && level.failures < kMostFailures;
}

SteadyState::Found SteadyState::look(int index, Snapshot snapshot) {
  Level& level = levels_[static_cast<std::size_t>(index)];
  check(same_outer(level, index, snapshot.phase, snapshot.at),
        "a snapshot outside the loop it was asked for");
  ++level.taken;
  const std::uint64_t hash = hash_of(snapshot.words);
  const auto [begin, end] = level.snapshots.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    const Snapshot& before = it->second;
    if (before.words != snapshot.words) continue;  // a hash alone proves nothing
    return {{.level = index,
             .iterations = snapshot.at[index] - before.at[index],
             .periods = 1,
             .cycles = snapshot.now - before.now},
            &before};
  }
  level.snapshots.emplace(hash, std::move(snapshot));
  return {};
}

void SteadyState::forget(int index) {
  for (std::size_t l = static_cast<std::size_t>(index); l < levels_.size(); ++l) {
    levels_[l].snapshots.clear();
    levels_[l].taken = 0;
  }
}

}  // namespace weft::sim
