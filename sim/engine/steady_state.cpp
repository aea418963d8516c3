#include "sim/engine/steady_state.hpp"

namespace weft::sim::engine {
namespace {

std::uint64_t hash_of(const std::vector<std::int64_t>& words) {
  std::uint64_t hash = 0x9E3779B97F4A7C15u;
  for (const std::int64_t word : words) {
    hash ^= static_cast<std::uint64_t>(word);
    hash *= 0xFF51AFD7ED558CCDu;
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace

bool SteadyState::same_outer(const Level& level, int index, std::size_t group,
                             const Coordinates& at) const {
  if (level.group != group) return false;
  for (int l = 0; l < index; ++l) {
    if (level.outer[l] != at[l]) return false;
  }
  return true;
}

bool SteadyState::wants(int index, std::size_t group, const Coordinates& at) {
  Level& level = levels_[static_cast<std::size_t>(index)];
  if (level.taken == 0 || !same_outer(level, index, group, at)) {
    if (level.taken >= kMost) ++level.failures;
    if (level.group != group) level.failures = 0;
    level.group = group;
    level.outer = at;
    level.taken = 0;
    level.snapshots.clear();
  }
  return level.taken < kMost && level.failures < kMostFailures;
}

SteadyState::Found SteadyState::look(int index, std::size_t group, Snapshot snapshot,
                                     std::int64_t left) {
  Level& level = levels_[static_cast<std::size_t>(index)];
  check(same_outer(level, index, group, snapshot.at),
        "a snapshot outside the loop it was asked for");
  ++level.taken;
  const std::uint64_t hash = hash_of(snapshot.words);
  const auto [begin, end] = level.snapshots.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    const Snapshot& before = it->second;
    if (before.words != snapshot.words) continue;  // a hash alone proves nothing
    Found found{.jump = {.level = index, .iterations = snapshot.at[index] - before.at[index]},
                .before = &before};
    found.jump.periods = left / found.jump.iterations;
    found.jump.cycles = times(snapshot.now - before.now, found.jump.periods, "cycles");
    return found;
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

}  // namespace weft::sim::engine
