#include "sim/select/row_top_k.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "sim/select/select_timing.hpp"

namespace weft::sim::select {
namespace {

enum class Count : std::uint8_t { rows, rounds, compared, round_cycles, filter_cycles, kept };
constexpr std::array<CounterDeclaration, 6> kCounters{{
    {"rows", "rows", "selected from, those that are kept whole not among them"},
    {"rounds", "rounds", "of quick-select"},
    {"compared", "values", "candidates of all rounds"},
    {"round_cycles", "cycles", "of rounds"},
    {"filter_cycles", "cycles", "of filter passes, their compaction among them"},
    {"kept", "values", "that passed"},
}};
constexpr UnitClass kClass{"top_k", kCounters};

constexpr std::size_t at(Count count) { return static_cast<std::size_t>(count); }

}  // namespace

const UnitClass& RowTopK::unit_class() const { return kClass; }

void RowTopK::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("out", out_);
}

void RowTopK::take(Cycle now) {
  if (!in_.ready(now)) return;
  const bool begins = held_.empty() || held_.back().stage != Stage::coming;
  if (begins && held_.size() >= static_cast<std::size_t>(config_.buffers)) return;
  const RowBeat beat = in_.pop(now);
  if (begins) held_.push_back({beat.row});
  if (beat.last) held_.back() = {beat.row, Stage::complete, now + 1};
}

void RowTopK::select(Held& held, Cycle now) {
  QueryRow& row = *held.row;
  const std::span<const std::int32_t> values(row.probabilities);
  auto chosen = weft::select::top_k(
      values, row.values_kept, weft::select::seed_of(seed_, static_cast<std::uint64_t>(row.number)),
      fifos_);
  row.kept = std::move(chosen.kept);
  activity_.counter(at(Count::kept)) += row.kept.size();
  const bool all = chosen.selection.rounds.empty();
  const Cycle cycles = rounds_cycles(chosen.selection, config_.comparators);
  held.stage = all ? Stage::filtering : Stage::selecting;
  held.until = now + cycles;
  if (all) return;
  ++activity_.counter(at(Count::rows));
  activity_.counter(at(Count::rounds)) += chosen.selection.rounds.size();
  activity_.counter(at(Count::compared)) += static_cast<std::uint64_t>(chosen.selection.elements());
  activity_.counter(at(Count::round_cycles)) += static_cast<std::uint64_t>(cycles);
}

// Rows go on in their order: an engine that is free takes the next that is complete, the filter the
// oldest that is selected.
void RowTopK::advance(Cycle now) {
  std::int64_t selecting = 0;
  for (const Held& held : held_) selecting += held.stage == Stage::selecting ? 1 : 0;
  for (Held& held : held_) {
    if (held.stage == Stage::selecting && held.until <= now && filter_free_at_ <= now) {
      bool oldest = true;  // of those that are to be filtered
      for (const Held& other : held_) {
        if (&other == &held) break;
        oldest = oldest && other.stage == Stage::filtering;
      }
      if (!oldest) continue;
      const std::int64_t items = held.row->keys_seen();
      const Cycle cycles = filter_cycles(items, config_.comparators);
      filter_free_at_ = now + (items + config_.comparators - 1) / config_.comparators;
      activity_.counter(at(Count::filter_cycles)) += static_cast<std::uint64_t>(cycles);
      held.stage = Stage::filtering;
      held.until = now + cycles;
      --selecting;
    } else if (held.stage == Stage::complete && held.until <= now && selecting < config_.engines) {
      select(held, now);
      selecting += held.stage == Stage::selecting ? 1 : 0;
    }
  }
}

// False where the oldest row is through and has no room.
bool RowTopK::give(Cycle now) {
  while (!held_.empty() && held_.front().stage == Stage::filtering && held_.front().until <= now) {
    if (!out_.offer(now, {held_.front().row})) return false;
    held_.pop_front();
  }
  return true;
}

Cycle RowTopK::step(Cycle now) {
  bool given = give(now);
  take(now);
  advance(now);
  given = given && give(now);
  bool works = false;  // a row is selected from
  Cycle next = kNever;
  for (const Held& held : held_) {
    works = works || (held.stage == Stage::selecting && held.until > now);
    if (held.stage == Stage::coming) continue;
    if (held.until > now) {
      next = std::min(next, held.until);
    } else if (held.stage == Stage::selecting && filter_free_at_ > now) {
      next = std::min(next, filter_free_at_);
    }
  }
  const bool room = held_.empty() || held_.back().stage == Stage::coming ||
                    held_.size() < static_cast<std::size_t>(config_.buffers);
  if (!in_.empty() && room) next = std::min(next, now + 1);
  activity_.is(now, works           ? Doing::work
                    : !given        ? Doing::wait_out
                    : held_.empty() ? Doing::nothing
                                    : Doing::wait_in);
  return next;
}

}  // namespace weft::sim::select
